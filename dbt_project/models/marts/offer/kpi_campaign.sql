with

plans as (

    select * from {{ ref('int_campaign_plan') }}
    where store_id <> '*' and effective_from < {{ as_of() }}

),

due as (

    select
        plans.store_id,
        plans.campaign,
        count(due.vin) as due_vehicles
    from plans
    left join {{ ref('int_due_vehicle') }} as due
        on
            plans.store_id = due.store_id
            and due.expires_on between plans.effective_from and plans.effective_to
    group by all

),

actuals as (

    select * from {{ ref('int_campaign_actual') }}

),

joined as (

    select
        plans.store_id,
        plans.campaign,
        plans.zh,
        plans.en,
        plans.effective_from as starts_on,
        plans.effective_to as last_day_on,
        plans.seed_hash_published_on,
        greatest(date_diff('day', {{ as_of() }}, plans.effective_to), 0) as days_left,
        plans.planned_orders,
        coalesce(actuals.orders, 0) as orders,
        coalesce(actuals.valid_entries, 0) as valid_entries,
        due.due_vehicles,
        plans.planned_coverage,
        {{ half_up('coalesce(actuals.orders, 0)', 'nullif(due.due_vehicles, 0)', 6) }} as coverage,
        plans.planned_saving_amount,
        cast(coalesce(actuals.commercial_premium_amount, 0) * plans.saved_rate as decimal(18, 2))
            as saving_amount,
        plans.planned_return_amount,
        cast(coalesce(actuals.return_amount, 0) as decimal(18, 2)) as return_amount,
        plans.prizes,
        plans.prize_amount,
        plans.material_amount,
        plans.planned_cost_amount
    from plans
    inner join due using (store_id, campaign)
    left join actuals using (store_id, campaign)

)

select * from joined
