with

results as (

    select * from {{ ref('int_call_result_match') }}

),

faults as (

    select
        store_id,
        staff_id,
        list_id,
        row_id,
        vehicle_key,
        called_on,
        result,
        loss_reason,
        trim(script_problem) as script_problem
    from results
    where trim(script_problem) <> ''

)

select * from faults
