{{ config(materialized='view') }}

{#
    How likely a due vehicle renews here, as it could be known at its freeze, late entries too: by
    the model where it scores, else by the segment. This is the place of a score: whatever
    fills propensity_rate, the ranks follow.
#}
with

rates as (

    select * from {{ ref('int_propensity_segment_rate') }}

),

scores as (

    select * from {{ ref('int_propensity_score') }}

),

chosen as (

    select
        rates.store_id,
        rates.vin,
        rates.expiry_month,
        rates.is_late_entry,
        coalesce(scores.propensity_rate, rates.propensity_rate) as propensity_rate,
        case when scores.vin is not null then 'model' else rates.propensity_basis end
            as propensity_basis,
        scores.reason_1,
        scores.reason_2,
        scores.reason_3
    from rates
    left join scores on rates.vin = scores.vin and rates.expiry_month = scores.expiry_month

)

select * from chosen
