{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('channel') }}

),

newest as (

    {{ newest_per_key('received', ['channel_id', 'valid_from']) }}

)

select * from newest
