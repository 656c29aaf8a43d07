{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('reward_point') }}

),

newest as (

    {{ newest_per_key('received', ['entry_number']) }}

),

happened as (

    select * from newest
    where booked_on < {{ as_of() }}

)

select * from happened
