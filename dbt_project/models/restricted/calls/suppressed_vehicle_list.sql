with

suppressed as (

    select * from {{ ref('fct_suppressed_vehicle') }}

),

due as (

    select * from {{ ref('int_due_vehicle') }}

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
        suppressed.list_for_on,
        suppressed.store_id,
        suppressed.vehicle_key,
        suppressed.expiry_month,
        due.customer_name,
        due.plate_number,
        due.model,
        due.first_expires_on,
        suppressed.days_left,
        suppressed.reason,
        suppressed.release_on,
        suppressed.staff_id,
        staff.staff_name,
        suppressed.last_result,
        suppressed.last_contact_on

    from suppressed
    inner join due using (store_id, vehicle_key, expiry_month)
    left join staff on suppressed.staff_id = staff.staff_id

)

select * from final
