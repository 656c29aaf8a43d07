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

closed as (

    select distinct
        store_id,
        month

    from {{ ref('int_statement_archived') }}
    where kind = 'bonus'

),

frozen as (

    select distinct
        store_id,
        month,
        plan_id,
        base_amount,
        bonus_target_multiplier::decimal(9, 4) as bonus_target_multiplier,
        renewable_segments,
        book_roles,
        store_roles,
        close_working_day

    from {{ archive('statement_plan') }}

),

-- valid on the first day of the bonus month; a closed month keeps the plan that was frozen with it
chosen as (

    select
        months.store_id,
        months.month,
        plans.* exclude (store_id, plan_kind, effective_from, effective_to, rules_in_force),
        false as is_closed

    from months
    inner join plans
        on
            months.store_id = plans.store_id
            and plans.plan_kind = 'renewal_bonus'
            and months.month between plans.effective_from and plans.effective_to
    anti join closed on months.store_id = closed.store_id and months.month = closed.month
    union all by name
    select
        frozen.*,
        true as is_closed

    from frozen
    semi join months on frozen.store_id = months.store_id and frozen.month = months.month
    semi join closed on frozen.store_id = closed.store_id and frozen.month = closed.month

)

select * from chosen
