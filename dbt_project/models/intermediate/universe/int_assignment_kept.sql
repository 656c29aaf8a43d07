{{ config(materialized='view') }}

{# Whose the steps of a role are, by vehicle and expiry month, as the last night archived it. #}
with

archived as (

    select * from {{ archive('assignment') }}

),

kept as (

    select
        store_id,
        vin,
        expiry_month,
        role,
        staff_id,
        assigned_on
    from archived
    where duty = 'calls'
    qualify row_number() over (
        partition by store_id, vin, expiry_month, role
        order by _as_of desc, _revision desc, staff_id asc
    ) = 1

)

select * from kept
