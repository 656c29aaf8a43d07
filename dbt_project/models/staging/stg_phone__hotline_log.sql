{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('hotline_log') }}

),

newest as (

    {{ newest_per_key('received', ['log_number']) }}

),

happened as (

    select * from newest
    where called_at < {{ as_of() }}

)

select * from happened
