{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('entitlement_use') }}

),

newest as (

    {{ newest_per_key('received', ['use_number']) }}

),

happened as (

    select * from newest
    where used_at < {{ as_of() }}

)

select * from happened
