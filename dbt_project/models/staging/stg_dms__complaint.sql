{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('complaint') }}

),

newest as (

    {{ newest_per_key('received', ['complaint_number']) }}

),

happened as (

    select * from newest
    where opened_at < {{ as_of() }}

)

select * from happened
