with

bonuses as (

    select * from {{ ref('int_bonus_calculate') }}

),

next_vehicles as (

    select * from {{ ref('next_vehicle_value') }}

),

final as (

    select
        bonuses.store_id,
        bonuses.staff_id,
        bonuses.role,
        bonuses.month,
        bonuses.renewable_vehicles,
        bonuses.renewed_vehicles,
        bonuses.full_cover_vehicles,
        bonuses.full_coverage_rate,
        bonuses.attainment_rate,
        bonuses.tier_a,
        bonuses.tier_b,
        bonuses.coefficient_a,
        bonuses.coefficient_b,
        bonuses.base_amount,
        bonuses.bonus_amount,
        -- what staff see: never negative
        greatest(next_vehicles.next_full_cover_value, 0)::decimal(18, 2) as next_full_cover_value,
        bonuses.plan_id,
        bonuses.bonus_target_multiplier,
        'provisional' as status

    from bonuses
    inner join
        next_vehicles
        on
            bonuses.store_id = next_vehicles.store_id
            and bonuses.staff_id = next_vehicles.staff_id
            and bonuses.role = next_vehicles.role
            and bonuses.month = next_vehicles.month

)

select * from final
