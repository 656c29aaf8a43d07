{{ config(materialized='view') }}

{# One row per vehicle with a visit before as_of: the last one. #}
with

days as (

    select * from {{ ref('int_visit_day') }}

),

last_days as (

    select
        vin,
        max(visited_on) as last_visit_on
    from days
    group by all

)

select * from last_days
