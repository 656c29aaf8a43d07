with

uses as (

    select * from {{ ref('fct_voucher_use') }}

),

counted as (

    select
        store_id,
        voucher_kind,
        cast(date_trunc('month', issued_on) as date) as month,
        count(*) as issued_uses,
        {%- for state in ['used', 'remaining', 'expired', 'void'] %}
            count(*) filter (where state = '{{ state }}') as {{ state }}_uses,
        {%- endfor %}
        cast(sum(face_amount) as decimal(18, 2)) as issued_amount,
        {%- for state in ['used', 'remaining', 'expired', 'void'] %}
            cast(
                coalesce(sum(face_amount) filter (where state = '{{ state }}'), 0)
                as decimal(18, 2)
            ) as {{ state }}_amount,
        {%- endfor %}
        count(*) filter (where is_used_at_once) as uses_at_once,
        count(*) filter (where is_return_visit) as return_visits,
        cast(coalesce(sum(labour_amount), 0) as decimal(18, 2)) as labour_amount
    from uses
    group by all

)

select * from counted
