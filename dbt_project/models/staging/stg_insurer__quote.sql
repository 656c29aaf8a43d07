{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('quote') }}

),

newest as (

    {{ newest_per_key('received', ['insurer_code', 'quote_number']) }}

),

given as (

    select * from newest
    where quoted_at < {{ as_of() }}

)

select * from given
