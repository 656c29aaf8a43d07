{{ config(materialized='view') }}

{% set steps = ['preparation', 'step_1', 'step_2', 'step_3', 'recall'] %}
{#
    One row per due vehicle and step with the days on which it would begin and end: at the end of
    its days, or on the day the customer refused; the next step begins on the day after, and
    next_entered_on is when the next one that is not left out begins.
#}
with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

steps as (

    select
        store_id,
        expiry_month,
    {%- for step in steps %}
        max(from_days_left) filter (where step = '{{ step }}')::integer as {{ step }}_from,
        max(to_days_left) filter (where step = '{{ step }}')::integer as {{ step }}_to
        {{- ',' if not loop.last }}
    {%- endfor %}
    from {{ ref('int_cascade_phase') }}
    group by all

),

refused as (

    select
        store_id,
        vin,
        expiry_month,
        list(distinct called_on order by called_on) as refusals
    from {{ ref('int_call_result_match') }}
    where effect = 'refused'
    group by all

),

chained as (

    select
        due.store_id,
        due.vin,
        due.expiry_month,
        due.first_expires_on,
        coalesce(refused.refusals, []) as refusals,
        case when due.is_late_entry then due.frozen_on end as in_universe_from,
        -- an early renewal is won in the preparation; who comes late enters late
        greatest(
            least(due.first_expires_on - steps.preparation_from, due.renewed_on),
            in_universe_from
        ) as preparation_entered_on,
        due.first_expires_on - steps.preparation_to as preparation_left_on,
    {%- for step in steps[1:] %}
        {%- set before = steps[loop.index0] ~ '_left_on + 1' %}
        {%- set expiry = 'due.expires_on' if loop.last else 'due.first_expires_on' %}
        greatest(
            {{ 'due.first_expires_on - steps.recall_from' if loop.last else before }},
            {{ before }},
            in_universe_from
        ) as {{ step }}_entered_on,
        least(
            {{ expiry }} - steps.{{ step }}_to,
            list_filter(refusals, lambda day: day >= {{ step }}_entered_on)[1]
        ) as {{ step }}_left_on
        {{- ',' if not loop.last }}
    {%- endfor %}
    from due
    inner join steps
        on due.store_id = steps.store_id and due.expiry_month = steps.expiry_month
    left join refused
        on
            due.store_id = refused.store_id
            and due.vin = refused.vin
            and due.expiry_month = refused.expiry_month

),

-- a step that would begin after its last day is left out
begun as (

    select
        *,
    {%- for step in steps %}
        case when {{ step }}_entered_on <= {{ step }}_left_on then {{ step }}_entered_on end
            as {{ step }}{{ ',' if not loop.last }}
    {%- endfor %}
    from chained

),

unfolded as (

    {% for step in steps -%}
        select
            store_id,
            vin,
            expiry_month,
            '{{ step }}' as step,
            {{ step }}::date as entered_on,
            {{ step }}_left_on::date as ends_on,
            {{ 'null' if loop.last else 'least(' ~ steps[loop.index:] | join(', ') ~ ')' }}::date
                as next_entered_on,
            {{ 'false' if loop.first else 'list_contains(refusals, ' ~ step ~ '_left_on)' }}
                as is_refused
        from begun
        where {{ step }} is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from unfolded
