{{ config(alias='draw_list') }}

{#
    Entries of the campaigns. The list of a campaign is fixed in the first night after its last day,
    with the hash of the seed: what came later takes no part, whatever is corrected by then.
#}
with

orders as (

    select * from {{ ref('int_campaign_order') }}

),

plans as (

    select * from {{ ref('int_campaign_plan') }}

),

fixed as (

    select * exclude (_as_of, _revision) from {{ archive('draw_list') }}
    where last_day_on < _as_of

),

fixed_lists as (

    select distinct
        store_id,
        campaign

    from fixed

),

found as (

    select
        orders.store_id,
        orders.campaign,
        orders.vin,
        orders.last_day_on,
        orders.signed_on,
        case when fixed_lists.campaign is null then orders.entry_status else 'after_freeze' end
            as entry_status,
        plans.seed_hash,
        {{ pseudonym("'vin:' || orders.vin") }} as vehicle_key

    from orders
    inner join plans on orders.store_id = plans.store_id and orders.campaign = plans.campaign
    left join
        fixed_lists
        on orders.store_id = fixed_lists.store_id and orders.campaign = fixed_lists.campaign
    anti join
        fixed
        on
            orders.store_id = fixed.store_id
            and orders.campaign = fixed.campaign
            and orders.vin = fixed.vin

),

-- the number that the customer keeps: of this entry alone, whoever else takes part
combined as (

    select
        * exclude (vehicle_key),
        upper(left(sha256(campaign || ':' || vehicle_key), 10)) as lottery_number

    from found
    union all by name
    select * from fixed

)

select * from combined
