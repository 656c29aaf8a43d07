{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('referral') }}

),

newest as (

    {{ newest_per_key('received', ['referral_number']) }}

),

happened as (

    select * from newest
    where referred_on < {{ as_of() }}

)

select * from happened
