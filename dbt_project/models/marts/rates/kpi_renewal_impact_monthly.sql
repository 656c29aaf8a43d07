{% set groupings = {
    'segment': 'segment',
    'trade_type': 'trade_type',
    'insurer': "coalesce(expiring_insurer_code, 'unknown')",
    'book_owner': "coalesce(book_owner, 'nobody')",
} %}

with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

grouped as (

    {% for grouping, expression in groupings.items() -%}
        select
            store_id,
            expiry_month,
            '{{ grouping }}' as grouping,
            {{ expression }} as group_code,
            count(*) as due_vehicles,
            count(*) filter (where outcome <> 'renewed_here') as not_renewed,
            bool_and(is_matured) as is_matured
        from due
        group by all
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

held_against as (

    select
        *,
        cast(sum(due_vehicles) over (partition by store_id, expiry_month, grouping) as bigint)
            as store_due_vehicles
    from grouped

),

rated as (

    select
        store_id,
        expiry_month,
        grouping,
        group_code,
        due_vehicles,
        not_renewed,
        store_due_vehicles,
        {{ half_up('not_renewed', 'store_due_vehicles', 6) }} as impact_rate,
        is_matured
    from held_against

)

select * from rated
