{{ config(materialized='view') }}

{#
    One row per vehicle and expiry month with its book owner: the last archived assignment, else
    one of the store's renewal specialists who were active on the day the book was frozen, by a
    stable hash of the VIN.
#}
with

slots as (

    select
        vin,
        expiry_month,
        ref_on
    from {{ ref('int_due_slot') }}

),

homes as (

    select
        vin,
        store_id,
        expiry_month
    from {{ ref('int_due_home') }}

),

staff as (

    select * from {{ ref('stg_dms__staff') }}
    where role = 'renewal_specialist'

),

last_assignment as (

    select * from {{ ref('int_assignment_archived') }}

),

placed as (

    select
        homes.*,
        slots.ref_on
    from homes
    inner join slots on homes.vin = slots.vin and homes.expiry_month = slots.expiry_month

),

days as (

    select distinct
        store_id,
        ref_on
    from placed

),

-- who could own a book that was frozen on a day
desks as (

    select
        days.store_id,
        days.ref_on,
        list(distinct staff.staff_id order by staff.staff_id) as staff_ids
    from days
    inner join staff
        on
            days.store_id = staff.store_id
            and days.ref_on >= staff.valid_from
            and (staff.valid_to is null or days.ref_on <= staff.valid_to)
    group by all

),

owned as (

    select
        placed.vin,
        placed.store_id,
        placed.expiry_month,
        coalesce(
            last_assignment.staff_id,
            desks.staff_ids[cast(md5_number_lower(placed.vin) % len(desks.staff_ids) as bigint) + 1]
        ) as book_owner,
        last_assignment.assigned_on
    from placed
    left join desks on placed.store_id = desks.store_id and placed.ref_on = desks.ref_on
    left join last_assignment
        on
            placed.store_id = last_assignment.store_id
            and placed.vin = last_assignment.vin
            and placed.expiry_month = last_assignment.expiry_month

)

select * from owned
