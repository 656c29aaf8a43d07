with

months as (

    select
        months.expiry_month,
        months.part
    from {{ ref('int_propensity_month') }} as months
    inner join {{ ref('int_propensity_basis') }} as basis on basis.is_enough

),

cases as (

    select * from {{ ref('int_propensity_case') }}

),

rates as (

    select * from {{ ref('int_propensity_segment_rate') }}

),

features as (

    select * from {{ ref('int_propensity_feature') }}

),

final as (

    select
        cases.store_id,
        cases.vehicle_key,
        cases.expiry_month,
        cases.frozen_on,
        months.part,
        cases.is_renewed_here,
        rates.propensity_rate as segment_rate,
        features.segment,
        features.trade_type,
        features.insurer_code,
        features.sales_channel,
        features.customer_type,
        features.brand,
        features.last_objection,
        features.is_late_entry,
        features.expiry_is_estimated,
        features.is_local,
        features.is_sold_here,
        features.vehicle_age_months,
        features.signings_here,
        features.insured_here_months,
        features.signed_early_days,
        features.commercial_amount,
        features.covers,
        features.claims_stated,
        features.last_visit_days,
        features.visits,
        features.accident_visits,
        features.claims,
        features.complaints,
        features.quotes
    from cases
    inner join months on cases.expiry_month = months.expiry_month
    inner join features on cases.vin = features.vin and cases.expiry_month = features.expiry_month
    inner join rates on cases.vin = rates.vin and cases.expiry_month = rates.expiry_month

)

select * from final
