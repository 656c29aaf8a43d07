{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('customer_known_policy') }}

),

newest as (

    {{ newest_per_key('received', ['report_number']) }}

),

told as (

    select * from newest
    where reported_on < {{ as_of() }}

)

select * from told
