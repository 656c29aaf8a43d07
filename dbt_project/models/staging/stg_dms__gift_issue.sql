{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('gift_issue') }}

),

newest as (

    {{ newest_per_key('received', ['issue_number']) }}

),

happened as (

    select * from newest
    where issued_on < {{ as_of() }}

)

select * from happened
