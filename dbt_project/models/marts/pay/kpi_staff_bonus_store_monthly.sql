with

bonuses as (

    select * from {{ ref('kpi_staff_bonus_monthly') }}

),

lines as (

    select * from {{ ref('statement_line') }}

),

people as (

    select
        store_id,
        month,
        count(distinct staff_id) as staff_members,
        count(distinct staff_id) filter (where confirmed_on is not null) as confirmed_members,
        count(distinct staff_id) filter (where objected_on is not null) as objecting_members,
        sum(base_amount) as base_amount,
        sum(bonus_amount) as bonus_amount

    from bonuses
    group by all

),

-- a vehicle on a specialist's book and in the clerk's store is one vehicle
vehicles as (

    select
        store_id,
        month,
        count(distinct vin) filter (where is_renewable) as renewable_vehicles,
        count(distinct vin) filter (where is_counted) as renewed_vehicles,
        count(distinct vin) filter (where is_counted and is_full_cover) as full_cover_vehicles

    from lines
    group by all

),

final as (

    select
        people.store_id,
        people.month,
        people.staff_members,
        coalesce(vehicles.renewable_vehicles, 0) as renewable_vehicles,
        coalesce(vehicles.renewed_vehicles, 0) as renewed_vehicles,
        coalesce(vehicles.full_cover_vehicles, 0) as full_cover_vehicles,
        people.confirmed_members,
        people.objecting_members,
        people.base_amount::decimal(18, 2) as base_amount,
        people.bonus_amount::decimal(18, 2) as bonus_amount

    from people
    left join vehicles on people.store_id = vehicles.store_id and people.month = vehicles.month

)

select * from final
