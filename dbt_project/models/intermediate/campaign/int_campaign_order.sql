{#
    One row per campaign and renewal policy leader: vehicles whose renewal here was signed on the days of the
    campaign, cancelled renewals too. A vehicle takes part once.
#}
with

campaigns as (

    select * from {{ ref('int_campaign_plan') }}

),

policies as (

    select
        policy_id,
        store_id,
        vin,
        policy_kind,
        signed_on,
        signed_at,
        cancelled_on,
        premium_amount
    from {{ ref('int_policy_money') }}
    where business_type is distinct from 'new_car'

),

orders as (

    select
        campaigns.store_id,
        campaigns.campaign,
        campaigns.effective_to as last_day_on,
        campaigns.closes_at,
        policies.* exclude (store_id)
    from campaigns
    inner join policies
        on
            campaigns.store_id = policies.store_id
            and policies.signed_on between campaigns.effective_from and campaigns.effective_to

),

-- standing before cancelled, commercial before compulsory, signed first
leaders as (

    select * from orders
    qualify row_number() over (
        partition by store_id, campaign, vin
        order by
            cancelled_on is not null,
            policy_kind = 'commercial' desc,
            signed_on,
            policy_id asc
    ) = 1

),

judged as (

    select
        *,
        case
            when cancelled_on <= last_day_on then 'cancelled'
            when signed_on < last_day_on then 'valid'
            when signed_at is null then 'time_unknown'
            when signed_at > last_day_on + closes_at then 'too_late'
            else 'valid'
        end as entry_status
    from leaders

)

select * from judged
