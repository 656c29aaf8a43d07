{{ config(materialized='view') }}

with

universe as (

    select * from {{ ref('int_due_universe') }}

),

gone as (

    select * from universe
    where status <> 'in'

)

select * from gone
