{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('help_request') }}

),

newest as (

    {{ newest_per_key('received', ['request_number']) }}

),

happened as (

    select * from newest
    where asked_at < {{ as_of() }}

)

select * from happened
