{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('staff_leave') }}

),

newest as (

    {{ newest_per_key('received', ['staff_id', 'starts_on']) }}

)

select * from newest
