{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('claim') }}

),

newest as (

    {{ newest_per_key('received', ['insurer_code', 'claim_number']) }}

),

happened as (

    select * from newest
    where reported_at < {{ as_of() }}

)

select * from happened
