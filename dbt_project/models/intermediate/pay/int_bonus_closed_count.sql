with

people as (

    select * from {{ ref('int_bonus_person_select') }}

),

closed as (

    select * from {{ ref('int_month_close') }}
    where status = 'closed'

),

counts as (

    select
        store_id,
        staff_id,
        role,
        month,
        count(*) filter (where is_renewable) as renewable_vehicles,
        count(*) filter (where is_counted) as renewed_vehicles,
        count(*) filter (where is_counted and is_full_cover) as full_cover_vehicles

    from {{ ref('int_bonus_closed_line') }}
    group by all

),

counted as (

    select
        people.store_id,
        people.staff_id,
        people.role,
        people.month,
        people.plan_id,
        people.bonus_target_multiplier,
        people.base_amount,
        coalesce(counts.renewable_vehicles, 0) as renewable_vehicles,
        coalesce(counts.renewed_vehicles, 0) as renewed_vehicles,
        coalesce(counts.full_cover_vehicles, 0) as full_cover_vehicles

    from people
    inner join closed on people.store_id = closed.store_id and people.month = closed.month
    left join
        counts
        on
            people.store_id = counts.store_id
            and people.staff_id = counts.staff_id
            and people.role = counts.role
            and people.month = counts.month

)

select * from counted
