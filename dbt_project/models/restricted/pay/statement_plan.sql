with

plans as (

    select * from {{ ref('int_bonus_plan_monthly') }}

),

seeded as (

    select * from {{ ref('bonus_tier') }}

),

frozen as (

    select * from {{ archive('statement_plan') }}

),

-- the tiers of a closed month are those that were frozen with it, whatever the seed says by now
stated as (

    select
        plans.store_id,
        plans.month,
        seeded.* exclude (plan_id)

    from plans
    inner join seeded on plans.plan_id = seeded.plan_id
    where not plans.is_closed
    union all by name
    select
        store_id,
        month,
        metric,
        tier,
        lower_percent,
        lower_inclusive,
        upper_percent,
        upper_inclusive,
        coefficient_lower,
        coefficient_upper,
        interpolation

    from frozen
    semi join plans
        on frozen.store_id = plans.store_id and frozen.month = plans.month and plans.is_closed

),

final as (

    select
        plans.store_id,
        plans.month,
        plans.plan_id,
        plans.base_amount,
        plans.bonus_target_multiplier,
        plans.renewable_segments,
        plans.book_roles,
        plans.store_roles,
        plans.close_working_day,
        stated.metric,
        stated.tier,
        stated.lower_percent::decimal(9, 2) as lower_percent,
        stated.lower_inclusive,
        stated.upper_percent::decimal(9, 2) as upper_percent,
        stated.upper_inclusive,
        stated.coefficient_lower::decimal(9, 4) as coefficient_lower,
        stated.coefficient_upper::decimal(9, 4) as coefficient_upper,
        stated.interpolation,
        plans.is_closed

    from plans
    inner join stated on plans.store_id = stated.store_id and plans.month = stated.month

)

select * from final
