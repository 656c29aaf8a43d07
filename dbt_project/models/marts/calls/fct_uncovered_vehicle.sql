with

cut as (

    select * from {{ ref('int_call_row_cut') }}
    where not is_listed

),

final as (

    select
        {{ as_of() }} as as_of,
        list_for_on,
        store_id,
        staff_id,
        list_role as role,
        step,
        sequence_number,
        vehicle_key,
        expiry_month,
        segment,
        urgency,
        days_left,
        last_result,
        last_contact_on,
        expected_value_amount

    from cut

)

select * from final
