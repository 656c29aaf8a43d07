{{ config(materialized='view') }}

{#
    One row per policy: endorsements folded in, so that a repeated policy number doubles
    nothing.
#}
with

received as (

    select * from {{ ref('stg_insurer__policy') }}

),

stores as (

    select * from {{ ref('int_store_list') }}

),

policies as (

    select * from received
    where endorsement_number is null

),

endorsements as (

    select * from received
    where endorsement_number is not null

),

summed as (

    select
        insurer_code,
        policy_number,
        policy_kind,
        sum(premium_amount) as premium_amount,
        min(case when endorsement_type = 'cancellation' then signed_on end) as cancelled_on
    from endorsements
    group by all

),

-- what the newest change says about vehicle, days and covers holds; a cancellation changes
-- none of them
changed as (

    select * from endorsements
    where endorsement_type is distinct from 'cancellation'
    qualify row_number() over (
        partition by insurer_code, policy_number, policy_kind
        order by signed_on desc, endorsement_number desc
    ) = 1

),

folded as (

    select
        concat_ws(':', policies.insurer_code, policies.policy_kind, policies.policy_number)
            as policy_id,
        policies.insurer_code,
        policies.policy_number,
        policies.policy_kind,
        policies.business_type,
        stores.store_id as issuing_store_id,
        policies.sales_channel,
        policies.payment_frequency,
        policies.region,
        coalesce(changed.vin, policies.vin) as vin,
        coalesce(changed.plate_number, policies.plate_number) as plate_number,
        coalesce(changed.insured_name, policies.insured_name) as insured_name,
        coalesce(changed.insured_phone, policies.insured_phone) as insured_phone,
        policies.signed_on,
        policies.signed_at,
        coalesce(changed.cover_starts_on, policies.cover_starts_on) as cover_starts_on,
        coalesce(changed.cover_ends_on, policies.cover_ends_on) as cover_ends_on,
        -- the day from which the vehicle and the expiry above were known
        case
            when
                coalesce(changed.vin, policies.vin) <> policies.vin
                or coalesce(changed.cover_ends_on, policies.cover_ends_on) <> policies.cover_ends_on
                then greatest(changed.signed_on, policies.signed_on)
            else policies.signed_on
        end as known_on,
        summed.cancelled_on,
        cast(policies.premium_amount + coalesce(summed.premium_amount, 0) as decimal(18, 2))
            as premium_amount,
        policies.vehicle_tax_amount,
        policies.commission_rate,
        coalesce(changed.covers, policies.covers) as covers,
        policies.claims_last_year,
        policies.previous_policy_number
    from policies
    left join stores on policies.issuing_store_code = stores.store_id
    left join summed
        on
            policies.insurer_code = summed.insurer_code
            and policies.policy_number = summed.policy_number
            and policies.policy_kind = summed.policy_kind
    left join changed
        on
            policies.insurer_code = changed.insurer_code
            and policies.policy_number = changed.policy_number
            and policies.policy_kind = changed.policy_kind

)

select * from folded
