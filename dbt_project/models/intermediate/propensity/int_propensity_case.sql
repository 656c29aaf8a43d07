{{ config(materialized='view') }}

{#
    One row per due vehicle that was still open at its freeze: what became of it can be learned.
    Who had renewed by then teaches nothing about those who had not.
#}
with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

cases as (

    select
        store_id,
        vin,
        vehicle_key,
        expiry_month,
        frozen_on,
        is_matured,
        outcome = 'renewed_here' as is_renewed_here
    from due
    where renewed_on is null or renewed_on >= frozen_on

)

select * from cases
