with

handed_over as (

    select * from {{ ref('int_hand_over') }}

),

gate as (

    select * from {{ ref('int_call_gate_judge') }}

),

due as (

    select * from {{ ref('int_due_vehicle') }}

),

rows_of_lists as (

    select * from {{ ref('int_call_row_cut') }}

),

staff as (

    select
        staff_id,
        max(staff_name) as staff_name
    from {{ ref('stg_dms__staff') }}
    group by all

),

final as (

    select
        handed_over.list_for_on,
        handed_over.store_id,
        handed_over.owner_id as staff_id,
        handed_over.handed_over_on,
        handed_over.handed_over_for,
        handed_over.from_staff_id,
        staff.staff_name as from_staff_name,
        handed_over.step,
        gate.vehicle_key,
        handed_over.expiry_month,
        due.customer_name,
        due.plate_number,
        due.model,
        gate.days_left,
        gate.last_result,
        gate.last_result_on,
        if(rows_of_lists.is_listed, rows_of_lists.sequence_number, null) as sequence_number,
        if(rows_of_lists.is_listed is false, 'uncovered', gate.suppressed_by) as reason

    from handed_over
    inner join gate using (store_id, vin, expiry_month)
    inner join due using (store_id, vin, expiry_month)
    left join rows_of_lists using (store_id, vin, expiry_month)
    left join staff on handed_over.from_staff_id = staff.staff_id

)

select * from final
