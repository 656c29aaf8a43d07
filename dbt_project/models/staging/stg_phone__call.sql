{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('call') }}

),

newest as (

    {{ newest_per_key('received', ['_source', 'call_id', 'leg_id']) }}

),

happened as (

    select * from newest
    where started_at < {{ as_of() }}

)

select * from happened
