{{ config(materialized='view') }}

{# One row per open due vehicle on the day of as_of: the step it is in and whose turn it is. #}
with

steps as (

    select * from {{ ref('int_cascade_owner') }}

),

now_in as (

    select
        store_id,
        vin,
        expiry_month,
        step,
        position,
        role,
        owner_id,
        entered_on,
        due_by
    from steps
    where outcome = 'open'

)

select * from now_in
