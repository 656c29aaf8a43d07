{{ config(materialized='view') }}

with

lines as (

    select * from {{ ref('int_bonus_vehicle_judge') }}

),

staff as (

    select * from {{ ref('stg_dms__staff') }}

),

-- the name in force on the last day of the month
named as (

    select
        lines.staff_id,
        lines.month,
        staff.staff_name,
        row_number() over (
            partition by lines.staff_id, lines.month
            order by staff.valid_from desc, staff.staff_name asc
        ) as precedence

    from (select distinct
        staff_id,
        month
    from lines) as lines
    inner join staff
        on
            lines.staff_id = staff.staff_id
            and staff.valid_from <= last_day(lines.month)

),

-- before the words are joined: fewer columns to order
numbered as (

    select
        *,
        row_number() over (
            partition by store_id, staff_id, role, month
            order by is_counted desc, renewed_on asc, vehicle_key asc
        ) as line_number

    from lines

),

final as (

    select
        lines.store_id,
        lines.staff_id,
        named.staff_name,
        lines.role,
        lines.month,
        lines.line_number,
        lines.vin,
        lines.vehicle_key,
        right(lines.plate_number, 4) as plate_tail,
        lines.renewed_policy_number as policy_number,
        lines.expires_on,
        lines.renewed_on as signed_on,
        lines.is_full_cover,
        lines.is_renewable,
        lines.is_counted,
        lines.reason,
        lines.plan_id

    from numbered as lines
    left join named
        on
            lines.staff_id = named.staff_id
            and lines.month = named.month
            and named.precedence = 1

)

select * from final
