{#
    The rows of a parameter seed as they hold for each store: a store's row beats the '*' row, row by row and
    day by day. Gives store_id (every store, and '*' for what holds for the group), the seed's other columns,
    effective_from, effective_to (9999-12-31 while it lasts) and rules_in_force, the number of seed rows that
    claim the range (1, or the seed contradicts itself: generic test `resolves_without_gap_or_overlap`).
    Ranges of a store and key never overlap. Use it as a whole model: int_<seed>_resolve.
#}
{% macro resolve_by_store(seed, keys) -%}
with

stores as (

    select store_id from {{ ref('int_store_list') }}
    union all
    select '*' as store_id

),

claims as (

    select
        stores.store_id,
        rules.* exclude (store_id, effective_from, effective_to),
        rules.store_id = '*' as is_for_all,
        rules.effective_from,
        coalesce(rules.effective_to, date '9999-12-31') as effective_to
    from {{ ref(seed) }} as rules
    inner join stores on rules.store_id in ('*', stores.store_id)

),

boundaries as (

    select store_id, {{ keys | join(', ') }}, effective_from as starts_on from claims
    union
    select store_id, {{ keys | join(', ') }}, cast(effective_to + interval 1 day as date) as starts_on
    from claims
    where effective_to < date '9999-12-31'

),

ranges as (

    select
        *,
        coalesce(
            cast(lead(starts_on) over (
                partition by store_id, {{ keys | join(', ') }} order by starts_on
            ) - interval 1 day as date),
            date '9999-12-31'
        ) as ends_on
    from boundaries

),

resolved as (

    select
        claims.* exclude (is_for_all, effective_from, effective_to),
        ranges.starts_on as effective_from,
        ranges.ends_on as effective_to,
        count(*) over (
            partition by ranges.store_id, {% for key in keys %}ranges.{{ key }}, {% endfor %}ranges.starts_on,
            claims.is_for_all
        ) as rules_in_force
    from ranges
    inner join claims
        on ranges.store_id = claims.store_id
        {% for key in keys -%}
        and ranges.{{ key }} = claims.{{ key }}
        {% endfor -%}
        and claims.effective_from <= ranges.starts_on
        and claims.effective_to >= ranges.ends_on
    qualify rank() over (
        partition by ranges.store_id, {% for key in keys %}ranges.{{ key }}, {% endfor %}ranges.starts_on
        order by claims.is_for_all
    ) = 1

)

select * from resolved
{%- endmacro %}
