{{ config(materialized='view') }}

with

archived as (

    select * exclude (_as_of, _revision) from {{ archive('statement') }}

)

select * from archived
