{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('ownership_change') }}

),

newest as (

    {{ newest_per_key('received', ['change_number']) }}

),

known as (

    select * from newest
    where recorded_on < {{ as_of() }}

)

select * from known
