{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('repair_order') }}

),

newest as (

    {{ newest_per_key('received', ['order_number']) }}

),

happened as (

    select * from newest
    where opened_at < {{ as_of() }}

)

select * from happened
