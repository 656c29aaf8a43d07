{#
    One row per store and campaign with what its plan comes to. The third number of the plan is what
    repairs bring back, not premium (L261).
#}
with

campaigns as (

    select * from {{ ref('int_campaign_resolve') }}

),

prizes as (

    select
        store_id,
        campaign,
        sum(quantity) as prizes,
        sum(quantity * unit_amount) as prize_amount
    from {{ ref('int_campaign_prize_resolve') }}
    group by all

),

planned as (

    select
        campaigns.*,
        cast(coalesce(prizes.prizes, 0) as bigint) as prizes,
        cast(
            campaigns.planned_orders * campaigns.saved_premium_amount * campaigns.saved_rate
            as decimal(18, 2)
        ) as planned_saving_amount,
        cast(
            campaigns.return_orders * campaigns.return_premium_amount * campaigns.return_multiple
            as decimal(18, 2)
        ) as planned_return_amount,
        cast(coalesce(prizes.prize_amount, 0) as decimal(18, 2)) as prize_amount,
        cast(coalesce(prizes.prize_amount, 0) + campaigns.material_amount as decimal(18, 2))
            as planned_cost_amount
    from campaigns
    left join prizes
        on campaigns.store_id = prizes.store_id and campaigns.campaign = prizes.campaign

)

select * from planned
