{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('channel_spend') }}

),

newest as (

    {{ newest_per_key('received', ['spend_number']) }}

),

happened as (

    select * from newest
    where spent_on < {{ as_of() }}

)

select * from happened
