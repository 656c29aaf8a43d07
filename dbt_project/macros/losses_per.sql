{# Losses of each store and segment per period ('week' or 'month') and group of reasons (L21, L199). #}
{% macro losses_per(period) %}
with

losses as (

    select * from {{ ref('fct_loss') }}

),

counted as (

    select
        store_id,
        segment,
        cast(date_trunc('{{ period }}', lost_on) as date) as {{ period }},
        reason_group,

        ---------- counts
        count(*) as lost_vehicles,
        count(*) filter (where quote_state = 'never_quoted') as never_quoted,
        count(*) filter (where quote_state = 'quoted_not_closed') as quoted_not_closed,
        count(*) filter (where outcome = 'renewed_elsewhere') as renewed_elsewhere,
        count(*) filter (where outcome = 'open') as still_open,
        count(*) filter (where contradiction <> 'none') as contradicted
    from losses
    group by all

),

shared as (

    select
        *,
        cast(sum(lost_vehicles) over (partition by store_id, segment, {{ period }}) as bigint)
            as all_lost_vehicles
    from counted

)

select * from shared
{% endmacro %}
