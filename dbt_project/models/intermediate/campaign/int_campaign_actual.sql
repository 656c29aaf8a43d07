with

orders as (

    select * from {{ ref('int_campaign_order') }}
    where cancelled_on is null

),

commercial as (

    select
        vin,
        store_id,
        signed_on,
        premium_amount
    from {{ ref('int_policy_money') }}
    where policy_kind = 'commercial' and cancelled_on is null

),

repairs as (

    select
        store_id,
        vin,
        cast(opened_at as date) as opened_on,
        amount
    from {{ ref('stg_dms__repair_order') }}
    where order_kind = 'accident'

),

counted as (

    select
        store_id,
        campaign,
        count(*) as orders,
        count(*) filter (where entry_status = 'valid') as valid_entries
    from orders
    group by all

),

premiums as (

    select
        orders.store_id,
        orders.campaign,
        sum(commercial.premium_amount) as commercial_premium_amount
    from orders
    inner join commercial
        on
            orders.vin = commercial.vin
            and orders.store_id = commercial.store_id
            and commercial.signed_on between orders.signed_on and orders.last_day_on
    group by all

),

returned as (

    select
        orders.store_id,
        orders.campaign,
        sum(repairs.amount) as return_amount
    from orders
    inner join repairs
        on
            orders.vin = repairs.vin
            and orders.store_id = repairs.store_id
            and repairs.opened_on between orders.signed_on
            and orders.signed_on + interval 1 year
    group by all

),

joined as (

    select
        counted.*,
        cast(coalesce(premiums.commercial_premium_amount, 0) as decimal(18, 2))
            as commercial_premium_amount,
        cast(coalesce(returned.return_amount, 0) as decimal(18, 2)) as return_amount
    from counted
    left join premiums using (store_id, campaign)
    left join returned using (store_id, campaign)

)

select * from joined
