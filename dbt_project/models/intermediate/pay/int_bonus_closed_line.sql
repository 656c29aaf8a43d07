{#
    The vehicles of closed months as they stand now: a renewal signed after the month's last day counts
    as a top-up, wherever else the closed statement's rule holds.
#}
with

lines as (

    select * from {{ ref('int_bonus_vehicle_judge') }}

),

closed as (

    select * from {{ ref('int_month_close') }}
    where status = 'closed'

),

reopened as (

    select
        lines.store_id,
        lines.staff_id,
        lines.role,
        lines.month,
        lines.plan_id,
        lines.vin,
        lines.vehicle_key,
        right(lines.plate_number, 4) as plate_tail,
        lines.renewed_policy_number as policy_number,
        lines.expires_on,
        lines.renewed_on as signed_on,
        lines.is_renewable,
        lines.reason in ('counted', 'signed_after_month_end') as is_counted,
        lines.is_full_cover_by_now as is_full_cover,
        case lines.reason when 'signed_after_month_end' then 'top_up' else lines.reason end
            as reason

    from lines
    inner join closed on lines.store_id = closed.store_id and lines.month = closed.month

)

select * from reopened
