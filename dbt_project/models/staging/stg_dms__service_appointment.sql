{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('service_appointment') }}

),

newest as (

    {{ newest_per_key('received', ['appointment_number']) }}

),

happened as (

    select * from newest
    where booked_at < {{ as_of() }}

)

select * from happened
