with

referrals as (

    select * from {{ ref('fct_referral') }}

),

counted as (

    select
        store_id,
        cast(date_trunc('month', referred_on) as date) as month,
        count(*) as referrals,
        count(distinct referrer_key) as referrers,
        count(*) filter (where is_customer) as new_customers,
        count(*) filter (where is_insured) as insured_referrals,
        cast(sum(premium_amount) as decimal(18, 2)) as premium_amount,
        cast(sum(reward_amount) as decimal(18, 2)) as reward_amount
    from referrals
    group by all

),

rated as (

    select
        *,
        {{ half_up('insured_referrals', 'referrals', 6) }} as insured_share
    from counted

)

select * from rated
