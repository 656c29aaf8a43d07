with

closes as (

    select * from {{ ref('int_month_close') }}

),

archived as (

    select * from {{ ref('int_statement_archived') }}

),

recomputed as (

    select bonuses.*
    from {{ ref('int_bonus_calculate') }} as bonuses
    inner join closes on bonuses.store_id = closes.store_id and bonuses.month = closes.month
    where closes.status = 'closed'

),

paid as (

    select
        store_id,
        staff_id,
        role,
        month,
        sum(amount) as paid_amount

    from archived
    group by all

),

-- the next month whose statement is still open pays the difference
open as (

    select
        store_id,
        min(month) as paid_month

    from closes
    where status in ('provisional', 'awaiting_confirmation')
    group by all

),

reasons as (

    select * from {{ ref('int_statement_change_count') }}

),

differences as (

    select
        recomputed.*,
        open.paid_month,
        coalesce(paid.paid_amount, 0)::decimal(18, 2) as paid_amount,
        (recomputed.bonus_amount - coalesce(paid.paid_amount, 0))::decimal(18, 2)
            as adjustment_amount,
        coalesce(reasons.changed_vehicles, 0) as changed_vehicles,
        coalesce(reasons.reason, 'days_in_role') as reason

    from recomputed
    left join open on recomputed.store_id = open.store_id
    left join
        paid
        on
            recomputed.store_id = paid.store_id
            and recomputed.staff_id = paid.staff_id
            and recomputed.role = paid.role
            and recomputed.month = paid.month
    left join
        reasons
        on
            recomputed.store_id = reasons.store_id
            and recomputed.staff_id = reasons.staff_id
            and recomputed.role = reasons.role
            and recomputed.month = reasons.month

),

final as (

    select
        store_id,
        staff_id,
        role,
        month,
        paid_month,
        renewable_vehicles,
        renewed_vehicles,
        full_cover_vehicles,
        full_coverage_rate,
        attainment_rate,
        tier_a,
        tier_b,
        coefficient_a,
        coefficient_b,
        base_amount,
        bonus_target_multiplier,
        paid_amount,
        bonus_amount as recomputed_amount,
        adjustment_amount,
        changed_vehicles,
        reason,
        plan_id

    from differences
    where adjustment_amount <> 0 or changed_vehicles > 0

)

select * from final
