{#
    One row per store, segment and kind of hold-out: of the matured vehicles of months in which that
    kind was drawn, how many were held out, how many treated, and how many of each renewed here.
#}
with

due as (

    select * from {{ ref('int_due_vehicle') }}
    where is_matured

),

shares as (

    select * from {{ ref('int_hold_out_share_monthly') }}

),

gifts as (

    select distinct
        store_id,
        vin,
        expiry_month
    from {{ ref('int_offer_match') }}
    where record_kind = 'gift'

),

kinds as (

    select unnest(['gift', 'delay']) as kind

),

drawn as (

    select
        due.store_id,
        due.segment,
        kinds.kind,
        due.hold_out = kinds.kind as is_held_out,
        due.outcome = 'renewed_here' as is_renewed,
        gifts.vin is not null as is_given
    from due
    inner join shares
        on
            due.store_id = shares.store_id
            and due.segment = shares.segment
            and due.expiry_month = shares.expiry_month
    inner join kinds
        on
            due.hold_out in ('none', kinds.kind)
            and case kinds.kind
                when 'gift' then shares.gift_below > 0
                else shares.draw_below > shares.gift_below
            end
    left join gifts
        on
            due.store_id = gifts.store_id
            and due.vin = gifts.vin
            and due.expiry_month = gifts.expiry_month

),

counted as (

    select
        store_id,
        segment,
        kind,
        count(*) filter (where not is_held_out) as treated_vehicles,
        count(*) filter (where not is_held_out and is_renewed) as treated_renewed,
        count(*) filter (where is_held_out) as held_out_vehicles,
        count(*) filter (where is_held_out and is_renewed) as held_out_renewed,
        count(*) filter (where is_held_out and kind = 'gift' and is_given) as held_out_given
    from drawn
    group by all

)

select * from counted
