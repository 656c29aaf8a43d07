{#
    One row per policy that a store of the group issued, with the commission it brings: the rate
    written on the policy, else the insurer's rate of the day it was signed, the store's before
    everybody's, the business type's before any.
#}
with

policies as (

    select * from {{ ref('int_policy_fold') }}
    where issuing_store_id is not null

),

rates as (

    select * from {{ ref('stg_insurer__commission_rate') }}

),

issued as (

    select
        policy_id,
        insurer_code,
        policy_number,
        policy_kind,
        business_type,
        issuing_store_id as store_id,
        vin,
        signed_on,
        signed_at,
        cancelled_on,
        premium_amount,
        covers,
        cast(commission_rate as decimal(18, 6)) as stated_rate
    from policies

),

-- days and kinds repeat: each combination is looked up once
asked as (

    select distinct
        store_id,
        insurer_code,
        policy_kind,
        business_type,
        signed_on
    from issued
    where stated_rate is null

),

looked_up as (

    {{ agreed_commission_rate('asked', 'rates') }}

),

priced as (

    select
        issued.* exclude (stated_rate),
        coalesce(issued.stated_rate, looked_up.agreed_rate) as commission_rate,
        case
            when issued.stated_rate is not null then 'policy'
            when looked_up.agreed_rate is not null then 'agreement'
            else 'unknown'
        end as commission_basis,
        cast(
            issued.premium_amount * coalesce(issued.stated_rate, looked_up.agreed_rate)
            as decimal(18, 2)
        ) as commission_amount
    from issued
    left join looked_up
        on
            issued.store_id = looked_up.store_id
            and issued.insurer_code = looked_up.insurer_code
            and issued.policy_kind = looked_up.policy_kind
            and issued.business_type is not distinct from looked_up.business_type
            and issued.signed_on = looked_up.signed_on

)

select * from priced
