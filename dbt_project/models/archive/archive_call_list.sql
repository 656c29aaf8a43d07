{{ config(alias='call_list') }}

with

rows_of_lists as (

    select * from {{ ref('int_call_row_cut') }}

),

final as (

    select
        list_id,
        row_id,
        {{ as_of() }} as as_of,
        list_for_on,
        store_id,
        staff_id,
        list_role as role,
        vin,
        vehicle_key,
        expiry_month,
        step,
        phone,
        sequence_number,
        is_listed

    from rows_of_lists

)

select * from final
