with

gate as (

    select * from {{ ref('int_call_gate_judge') }}

),

final as (

    select
        {{ as_of() }} as as_of,
        list_for_on,
        store_id,
        vehicle_key,
        expiry_month,
        recipient_id as staff_id,
        recipient_role as role,
        suppressed_by as reason,
        release_on,
        days_left,
        last_result,
        last_result_on,
        last_contact_on

    from gate
    where suppressed_by is not null

)

select * from final
