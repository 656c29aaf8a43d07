{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('do_not_call') }}

),

newest as (

    {{ newest_per_key('received', ['request_number']) }}

),

happened as (

    select * from newest
    where requested_on < {{ as_of() }}

)

select * from happened
