{#
    One row per store, vehicle and expiry month that is or was due, with what was known of it before
    frozen_on: the one definition of what a propensity is learned from and scored by. Papers count
    as they were signed, without later endorsements.
#}
with

universe as (

    select * from {{ ref('int_due_universe') }}

),

papers as (

    select
        concat_ws(':', insurer_code, policy_kind, policy_number) as policy_id,
        *
    from {{ ref('stg_insurer__policy') }}
    where endorsement_number is null

),

sales as (

    select
        vin,
        store_id,
        min(sold_on) as sold_on
    from {{ ref('stg_dms__vehicle_sale') }}
    group by all

),

-- what the customer objected to last, mostly a year ago
objections as (

    select
        vin,
        called_on,
        reason_group
    from {{ ref('int_call_result_match') }}
    where reason_group is not null
    qualify row_number() over (partition by vin, called_on order by list_id desc, row_id desc) = 1

),

remembered as (

    select
        universe.*,
        signings.signed_days,
        signings.first_signed_on,
        objections.reason_group
    from universe
    asof left join {{ ref('int_propensity_signing') }} as signings
        on
            universe.vin = signings.vin
            and universe.store_id = signings.store_id
            and universe.frozen_on > signings.signed_on
    asof left join objections
        on universe.vin = objections.vin and universe.frozen_on > objections.called_on

),

features as (

    select
        due.store_id,
        due.vin,
        due.expiry_month,
        due.frozen_on,

        ---------- words
        due.segment,
        due.trade_type,
        coalesce(commercial.insurer_code, compulsory.insurer_code) as insurer_code,
        coalesce(commercial.sales_channel, compulsory.sales_channel) as sales_channel,
        due.customer_type,
        due.brand,
        due.reason_group as last_objection,

        ---------- numbers
        due.is_late_entry::integer as is_late_entry,
        due.expiry_is_estimated::integer as expiry_is_estimated,
        facts.is_local::integer as is_local,
        coalesce(sales.sold_on < due.frozen_on, false)::integer as is_sold_here,
        date_diff('month', vehicles.first_registered_on, due.frozen_on) as vehicle_age_months,
        coalesce(due.signed_days, 0) as signings_here,
        date_diff('month', due.first_signed_on, due.frozen_on) as insured_here_months,
        coalesce(commercial.cover_starts_on, compulsory.cover_starts_on)
        - coalesce(commercial.signed_on, compulsory.signed_on) as signed_early_days,
        commercial.premium_amount as commercial_amount,
        len(string_split(commercial.covers, ';')) as covers,
        coalesce(commercial.claims_last_year, compulsory.claims_last_year) as claims_stated,
        due.frozen_on - due.last_visit_before_ref_on as last_visit_days,
        coalesce(counted.visits, 0) as visits,
        coalesce(counted.accident_visits, 0) as accident_visits,
        coalesce(counted.claims, 0) as claims,
        coalesce(counted.complaints, 0) as complaints,
        coalesce(counted.quotes, 0) as quotes
    from remembered as due
    left join {{ ref('int_propensity_count') }} as counted
        on due.vin = counted.vin and due.expiry_month = counted.expiry_month
    left join {{ ref('int_due_fact') }} as facts
        on due.vin = facts.vin and due.expiry_month = facts.expiry_month
    left join {{ ref('int_policy_term') }} as terms on due.source_record = terms.term_id
    left join papers as commercial
        on terms.commercial_id = commercial.policy_id and due.frozen_on > commercial.signed_on
    left join papers as compulsory
        on terms.compulsory_id = compulsory.policy_id and due.frozen_on > compulsory.signed_on
    left join sales on due.vin = sales.vin and due.store_id = sales.store_id
    left join {{ ref('int_vehicle_merge') }} as vehicles on due.vin = vehicles.vin

)

select * from features
