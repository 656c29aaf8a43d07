{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('manager_decision') }}

),

newest as (

    {{ newest_per_key('received', ['decision_number']) }}

),

happened as (

    select * from newest
    where decided_at < {{ as_of() }}

)

select * from happened
