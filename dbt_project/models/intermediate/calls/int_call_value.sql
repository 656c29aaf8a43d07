{#
    One row per candidate with what a call is expected to bring (DOMAIN §6): uplift × margin, in yuan.
    Internal costing: it orders the list and stays off it. Uplift: measured on hold-outs where there
    are enough (that of a delayed call before that of a gift; a negative one is none), else p × (1 − p).
    An unknown margin is the average of the segment in the store, else of the store, else unknown.
#}
with

margins as (

    select * from {{ ref('int_call_margin') }}

),

propensities as (

    select * from {{ ref('int_due_propensity') }}

),

measured as (

    select
        store_id,
        segment,
        greatest(uplift, 0) as uplift_rate
    from {{ ref('kpi_hold_out_uplift') }}
    where not is_estimated
    qualify row_number() over (partition by store_id, segment order by kind) = 1

),

averaged as (

    select
        *,
    {%- for group in ['segment', 'store'] %}
        {{ half_up(
            'abs(sum(margin_amount) over of_' ~ group ~ ') * 100',
            'nullif(count(margin_amount) over of_' ~ group ~ ', 0) * 100', 2
        ) }} * sign(sum(margin_amount) over of_{{ group }}) as {{ group }}_margin_amount
        {{- ',' if not loop.last }}
    {%- endfor %}
    from margins
    window
        of_segment as (partition by store_id, segment),
        of_store as (partition by store_id)

),

joined as (

    select
        averaged.vin,
        propensities.propensity_rate,
        propensities.propensity_basis,
        propensities.reason_1 as propensity_reason_1,
        propensities.reason_2 as propensity_reason_2,
        propensities.reason_3 as propensity_reason_3,
        measured.uplift_rate is null as uplift_is_estimated,
        coalesce(
            measured.uplift_rate,
            propensities.propensity_rate * (1 - propensities.propensity_rate)
        )::decimal(18, 6) as uplift_rate,
        case
            when averaged.margin_amount is not null
                then if(averaged.is_quoted, 'quote', 'last_year')
            when averaged.segment_margin_amount is not null then 'segment_average'
            when averaged.store_margin_amount is not null then 'store_average'
            else 'unknown'
        end as margin_basis,
        coalesce(
            averaged.margin_amount, averaged.segment_margin_amount, averaged.store_margin_amount
        )::decimal(18, 2) as margin_amount
    from averaged
    left join propensities using (store_id, vin, expiry_month)
    left join measured using (store_id, segment)

),

final as (

    select
        *,
        (uplift_rate * margin_amount)::decimal(18, 2) as expected_value_amount
    from joined

)

select * from final
