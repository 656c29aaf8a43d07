{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('quote_request') }}

),

newest as (

    {{ newest_per_key('received', ['insurer_code', 'request_number']) }}

),

happened as (

    select * from newest
    where requested_at < {{ as_of() }}

)

select * from happened
