{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('voucher') }}

),

newest as (

    {{ newest_per_key('received', ['voucher_number', 'use_number']) }}

),

happened as (

    select * from newest
    where issued_on < {{ as_of() }}

)

select * from happened
