with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

plans as (

    select * from {{ ref('int_bonus_plan_resolve') }}

),

months as (

    select distinct
        store_id,
        expiry_month as month

    from due

),

-- a plan is valid on the first day of the bonus month
final as (

    select
        months.store_id,
        months.month,
        plans.plan_id,
        plans.base_amount,
        plans.bonus_target_multiplier,
        plans.renewable_segments,
        plans.book_roles,
        plans.store_roles

    from months
    inner join plans
        on
            months.store_id = plans.store_id
            and plans.plan_kind = 'renewal_bonus'
            and months.month between plans.effective_from and plans.effective_to

)

select * from final
