{{ config(materialized='view') }}

{#
    One row per due vehicle and renewal policy: new policies of the VIN with another number that start, or
    were signed, in the window around its expiry, signed before as_of and not cancelled before it.
#}
with

homes as (

    select * from {{ ref('int_due_home') }}

),

terms as (

    select
        term_id,
        commercial_id,
        compulsory_id
    from {{ ref('int_policy_term') }}

),

policies as (

    select * from {{ ref('int_policy_expire') }}
    where cancelled_on is null

),

parameters as (

    select
        store_id,
        expiry_month,
        cast(window_before_days as integer) as window_before_days,
        cast(window_after_days as integer) as window_after_days,
        required_covers
    from {{ ref('int_renewal_parameter_monthly') }}

),

windows as (

    select
        homes.vin,
        homes.store_id,
        homes.expiry_month,
        cast(homes.expires_on - to_days(parameters.window_before_days) as date) as opens_on,
        cast(homes.expires_on + to_days(parameters.window_after_days) as date) as closes_on,
        coalesce(terms.commercial_id, '') as commercial_id,
        coalesce(terms.compulsory_id, '') as compulsory_id,
        parameters.required_covers
    from homes
    inner join parameters
        on homes.store_id = parameters.store_id and homes.expiry_month = parameters.expiry_month
    left join terms on homes.term_id = terms.term_id

),

renewals as (

    select
        windows.vin,
        windows.expiry_month,
        windows.required_covers,
        policies.policy_id,
        policies.policy_number,
        policies.policy_kind,
        policies.insurer_code,
        policies.signed_on,
        policies.premium_amount,
        policies.covers,
        coalesce(policies.issuing_store_id = windows.store_id, false) as is_here
    from windows
    inner join policies
        on
            windows.vin = policies.vin
            and policies.policy_id not in (windows.commercial_id, windows.compulsory_id)
            and windows.closes_on >= policies.signed_on
            and (
                policies.cover_starts_on between windows.opens_on and windows.closes_on
                or policies.signed_on between windows.opens_on and windows.closes_on
            )

)

select * from renewals
