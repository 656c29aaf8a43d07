{{ config(materialized='view') }}

{# The last archived book owner of each store, vehicle and expiry month. #}
with

archived as (

    select * from {{ archive('assignment') }}

),

last_assignments as (

    select * from archived
    where coalesce(duty, 'book') = 'book'
    qualify row_number() over (
        partition by store_id, vin, expiry_month order by _as_of desc, _revision desc, staff_id asc
    ) = 1

)

select * from last_assignments
