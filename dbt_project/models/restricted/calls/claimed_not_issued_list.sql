with

claimed as (

    select * from {{ ref('fct_claimed_renewal') }}
    where state = 'not_issued'

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
        claimed.store_id,
        claimed.vehicle_key,
        claimed.expiry_month,
        due.customer_name,
        due.plate_number,
        due.model,
        due.first_expires_on,
        claimed.claimed_on,
        claimed.issue_by,
        claimed.staff_id,
        staff.staff_name

    from claimed
    inner join due using (store_id, vehicle_key, expiry_month)
    left join staff on claimed.staff_id = staff.staff_id

)

select * from final
