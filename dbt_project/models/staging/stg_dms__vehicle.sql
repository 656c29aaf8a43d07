{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('vehicle') }}

),

newest as (

    {{ newest_per_key('received', ['vin']) }}

)

select * from newest
