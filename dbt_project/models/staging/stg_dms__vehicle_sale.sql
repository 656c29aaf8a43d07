{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('vehicle_sale') }}

),

newest as (

    {{ newest_per_key('received', ['sale_number']) }}

),

happened as (

    select * from newest
    where sold_on < {{ as_of() }}

)

select * from happened
