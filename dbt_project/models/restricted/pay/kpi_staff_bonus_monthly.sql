with

bonuses as (

    select * from {{ ref('int_bonus_calculate') }}

),

next_vehicles as (

    select * from {{ ref('next_vehicle_value') }}

),

archived as (

    select * from {{ ref('int_statement_archived') }}
    where kind = 'bonus'

),

closes as (

    select * from {{ ref('int_month_close') }}

),

decisions as (

    select * from {{ ref('int_statement_decision') }}

),

-- a closed statement never changes: what was frozen, whatever is known since
stated as (

    select bonuses.*
    from bonuses
    anti join archived on bonuses.store_id = archived.store_id and bonuses.month = archived.month
    union all by name
    select
        * exclude (paid_month, kind, reason, closed_on, amount),
        amount as bonus_amount
    from archived

),

final as (

    select
        stated.store_id,
        stated.staff_id,
        stated.role,
        stated.month,
        stated.renewable_vehicles,
        stated.renewed_vehicles,
        stated.full_cover_vehicles,
        stated.full_coverage_rate::decimal(18, 4) as full_coverage_rate,
        stated.attainment_rate,
        stated.tier_a,
        stated.tier_b,
        stated.coefficient_a,
        stated.coefficient_b,
        stated.base_amount,
        stated.bonus_amount,
        -- what staff see: never negative, and nothing once the month is closed or all is renewed;
        -- greatest() alone would turn "no next vehicle" into 0
        case
            when closes.closed_on is null and next_vehicles.next_full_cover_value is not null
                then greatest(next_vehicles.next_full_cover_value, 0)::decimal(18, 2)
        end as next_full_cover_value,
        stated.plan_id,
        stated.bonus_target_multiplier::decimal(9, 4) as bonus_target_multiplier,
        coalesce(closes.status, 'closed') as status,
        closes.closes_on,
        closes.closed_on,
        decisions.confirmed_on,
        decisions.objected_on,
        decisions.objection_note,
        decisions.manager_confirmed_on,
        decisions.general_manager_confirmed_on

    from stated
    left join
        decisions
        on
            stated.store_id = decisions.store_id
            and stated.staff_id = decisions.staff_id
            and stated.month = decisions.month
    left join closes on stated.store_id = closes.store_id and stated.month = closes.month
    left join
        next_vehicles
        on
            stated.store_id = next_vehicles.store_id
            and stated.staff_id = next_vehicles.staff_id
            and stated.role = next_vehicles.role
            and stated.month = next_vehicles.month

)

select * from final
