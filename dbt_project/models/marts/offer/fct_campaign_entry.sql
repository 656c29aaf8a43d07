{#
    The lottery exists only where legal has cleared benefits. Who won follows from the seed whose hash was published,
    so that anybody can repeat the draw.
#}
with

listed as (

    select * from {{ ref('archive_draw_list') }}

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
        listed.store_id,
        listed.campaign,
        {{ pseudonym("'vin:' || listed.vin") }} as vehicle_key,
        listed.lottery_number,
        listed.signed_on,
        listed.entry_status,
        listed.entry_status = 'valid' as is_valid,
        listed.seed_hash,

        -- only the seed whose hash was published before the list was fixed can draw
        case
            when
                listed.last_day_on < {{ as_of() }}
                and sha256(plans.seed_value) = lower(listed.seed_hash)
                then plans.seed_value
        end as seed_value
    from listed
    inner join plans using (store_id, campaign)
    inner join switches
        on
            listed.store_id = switches.store_id
            and listed.last_day_on between switches.effective_from and switches.effective_to

),

drawn as (

    select
        *,
        case when is_valid and seed_value is not null then row_number() over (
            partition by store_id, campaign, is_valid
            order by sha256(seed_value || ':' || lottery_number), lottery_number
        ) end as draw_place
    from entries

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
        prizes.zh as prize_zh,
        prizes.en as prize_en,
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
