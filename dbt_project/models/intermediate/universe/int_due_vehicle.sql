{{ config(materialized='view') }}

with

universe as (

    select * from {{ ref('int_due_universe') }}

),

due as (

    select * exclude (status, change_kind, changed_on, change_number) from universe
    where status = 'in'

)

select * from due
