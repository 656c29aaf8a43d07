with

lines as (

    select * from {{ ref('int_bonus_vehicle_judge') }}

),

staff as (

    select * from {{ ref('stg_dms__staff') }}

),

labels as (

    select * from {{ ref('label') }}

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
        lines.vehicle_key,
        right(lines.plate_number, 4) as plate_tail,
        right(lines.vin, 6) as vin_last_6,
        right(lines.renewed_policy_number, 6) as policy_tail,
        lines.expires_on,
        lines.renewed_on as signed_on,
        lines.is_full_cover,
        lines.is_renewable,
        lines.is_counted,
        lines.reason,
        labels.zh as reason_zh,
        labels.en as reason_en,
        lines.plan_id

    from numbered as lines
    left join named
        on
            lines.staff_id = named.staff_id
            and lines.month = named.month
            and named.precedence = 1
    left join labels on labels.key = 'statement_reason.' || lines.reason

)

select * from final
