{#
    The policy that came of a recommendation is named by the DMS; it counts once it is signed and
    while it stands.
#}
with

referrals as (

    select * from {{ ref('stg_dms__referral') }}

),

policies as (

    select
        store_id,
        policy_number,
        min(signed_on) as signed_on,
        sum(premium_amount) as premium_amount
    from {{ ref('int_policy_money') }}
    where cancelled_on is null
    group by all

),

joined as (

    select
        referrals.store_id,
        referrals.referral_number,
        {{ pseudonym("'customer:' || referrals.store_id || ':' || referrals.referrer_id") }}
            as referrer_key,
        {{ pseudonym("'customer:' || referrals.store_id || ':' || referrals.referred_id") }}
            as customer_key,
        referrals.referred_on,
        referrals.data_origin,
        referrals.referred_id is not null as is_customer,
        policies.policy_number is not null as is_insured,
        policies.signed_on,
        cast(coalesce(policies.premium_amount, 0) as decimal(18, 2)) as premium_amount,
        coalesce(referrals.reward_amount, 0) as reward_amount
    from referrals
    left join policies
        on
            referrals.store_id = policies.store_id
            and referrals.policy_number = policies.policy_number

)

select * from joined
