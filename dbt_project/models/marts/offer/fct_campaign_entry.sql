{#
    The lottery exists only where legal has cleared benefits. Who won follows from the seed whose hash was published,
    so that anybody can repeat the draw.
#}
with

orders as (

    select * from {{ ref('int_campaign_order') }}

),

plans as (

    select * from {{ ref('int_campaign_plan') }}

),

prizes as (

    select
        *,
        sum(quantity) over (partition by store_id, campaign order by prize) as last_place
    from {{ ref('int_campaign_prize_resolve') }}

),

switches as (

    select * from {{ ref('int_offer_switch_resolve') }}
    where switch = 'benefits_cleared_by_legal' and is_on

),

entries as (

    select
        orders.store_id,
        orders.campaign,
        {{ pseudonym("'vin:' || orders.vin") }} as vehicle_key,
        orders.signed_on,
        orders.entry_status,
        orders.entry_status = 'valid' as is_valid,
        plans.seed_hash,
        case when orders.last_day_on < {{ as_of() }} then plans.seed_value end as seed_value
    from orders
    inner join plans using (store_id, campaign)
    inner join switches
        on
            orders.store_id = switches.store_id
            and orders.last_day_on between switches.effective_from and switches.effective_to

),

-- the number that the customer keeps: of this entry alone, whoever else takes part
numbered as (

    select
        *,
        upper(left(sha256(campaign || ':' || vehicle_key), 10)) as lottery_number
    from entries

),

drawn as (

    select
        *,
        case when is_valid and seed_value is not null then row_number() over (
            partition by store_id, campaign, is_valid
            order by sha256(seed_value || ':' || lottery_number), lottery_number
        ) end as draw_place
    from numbered

),

won as (

    select
        drawn.store_id,
        drawn.campaign,
        drawn.vehicle_key,
        drawn.lottery_number,
        drawn.signed_on,
        drawn.entry_status,
        drawn.seed_hash,
        drawn.draw_place,
        prizes.prize,
        cast(prizes.unit_amount as decimal(18, 2)) as prize_amount
    from drawn
    left join prizes
        on
            drawn.store_id = prizes.store_id
            and drawn.campaign = prizes.campaign
            and drawn.draw_place > prizes.last_place - prizes.quantity
            and drawn.draw_place <= prizes.last_place

)

select * from won
