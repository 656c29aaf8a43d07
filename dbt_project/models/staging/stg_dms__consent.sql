{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('consent') }}

),

newest as (

    {{ newest_per_key('received', ['consent_number']) }}

),

happened as (

    select * from newest
    where decided_on < {{ as_of() }}

)

select * from happened
