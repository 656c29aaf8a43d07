with

lines as (

    select * from {{ ref('int_statement_line') }}

),

archived as (

    select * from {{ ref('int_statement_line_archived') }}
    where paid_month = month

),

closed as (

    select distinct
        store_id,
        month

    from {{ ref('int_statement_archived') }}
    where kind = 'bonus'

),

labels as (

    select * from {{ ref('label') }}

),

-- a closed statement never changes: its lines are those that were frozen
stated as (

    select lines.*
    from lines
    anti join closed on lines.store_id = closed.store_id and lines.month = closed.month
    union all by name
    select * from archived

),

final as (

    select
        stated.store_id,
        stated.staff_id,
        stated.staff_name,
        stated.role,
        stated.month,
        stated.line_number,
        stated.vin,
        stated.vehicle_key,
        stated.plate_tail,
        right(stated.vin, 6) as vin_last_6,
        stated.policy_number,
        right(stated.policy_number, 6) as policy_tail,
        stated.expires_on,
        stated.signed_on,
        stated.is_full_cover,
        stated.is_renewable,
        stated.is_counted,
        stated.reason,
        labels.zh as reason_zh,
        labels.en as reason_en,
        stated.plan_id

    from stated
    left join labels on labels.key = 'statement_reason.' || stated.reason

)

select * from final
