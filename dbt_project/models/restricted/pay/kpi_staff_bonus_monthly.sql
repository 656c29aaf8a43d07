with

bonuses as (

    select * from {{ ref('int_bonus_calculate') }}

),

final as (

    select
        store_id,
        staff_id,
        role,
        month,
        renewable_vehicles,
        renewed_vehicles,
        full_cover_vehicles,
        full_coverage_rate,
        attainment_rate,
        coefficient_a,
        coefficient_b,
        base_amount,
        bonus_amount,
        plan_id,
        'provisional' as status

    from bonuses

)

select * from final
