with

bonuses as (

    select * from {{ ref('int_bonus_calculate') }}

),

next_bonuses as (

    select
        store_id,
        staff_id,
        role,
        month,
        max(bonus_amount) filter (where next_vehicle = 'full_cover') as full_cover_bonus_amount,
        max(bonus_amount) filter (where next_vehicle = 'basic') as basic_bonus_amount

    from {{ ref('int_bonus_next_calculate') }}
    group by all

),

valued as (

    select
        bonuses.store_id,
        bonuses.staff_id,
        bonuses.role,
        bonuses.month,
        bonuses.plan_id,
        bonuses.bonus_amount,
        (next_bonuses.full_cover_bonus_amount - bonuses.bonus_amount)::decimal(18, 2)
            as next_full_cover_value,
        (next_bonuses.basic_bonus_amount - bonuses.bonus_amount)::decimal(18, 2)
            as next_basic_value

    from bonuses
    left join
        next_bonuses
        on
            bonuses.store_id = next_bonuses.store_id
            and bonuses.staff_id = next_bonuses.staff_id
            and bonuses.role = next_bonuses.role
            and bonuses.month = next_bonuses.month

),

judged as (

    select
        *,
        coalesce(least(next_full_cover_value, next_basic_value) < 0, false) as is_plan_defect

    from valued

)

select * from judged
