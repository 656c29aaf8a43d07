{{ config(materialized='view') }}

{#
    The due universe as the newest archived night had it; one row per store, vehicle and expiry
    month.
#}
with

archived as (

    select * from {{ archive('due_universe') }}

),

newest as (

    select * from archived
    where _as_of = (select max(nights._as_of) from archived as nights)
    qualify row_number() over (
        partition by store_id, vin, expiry_month order by _revision desc
    ) = 1

)

select * from newest
