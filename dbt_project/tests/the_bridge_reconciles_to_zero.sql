{# Every vehicle that came to or left a month's universe since the last night is explained. #}
select * from {{ ref('fct_renewal_bridge') }}
where residual <> 0
