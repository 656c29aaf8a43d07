with

cut as (

    select * from {{ ref('int_call_row_cut') }}
    where not is_listed

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
        cut.list_for_on,
        cut.store_id,
        cut.staff_id,
        staff.staff_name,
        cut.sequence_number,
        cut.vehicle_key,
        cut.expiry_month,
        cut.customer_name,
        cut.plate_number,
        cut.model,
        cut.first_expires_on,
        cut.days_left,
        cut.urgency,
        cut.last_result,
        cut.last_contact_on

    from cut
    left join staff on cut.staff_id = staff.staff_id

)

select * from final
