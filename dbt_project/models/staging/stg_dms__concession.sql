{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('concession') }}

),

newest as (

    {{ newest_per_key('received', ['concession_number']) }}

),

happened as (

    select * from newest
    where given_on < {{ as_of() }}

)

select * from happened
