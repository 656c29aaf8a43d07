{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('training') }}

),

newest as (

    {{ newest_per_key('received', ['training_number', 'staff_id']) }}

),

happened as (

    select * from newest
    where held_on < {{ as_of() }}

)

select * from happened
