{{ config(materialized='view') }}

{# One row per vehicle, store and day on which it was insured there: which such day it was. #}
with

days as (

    select
        vin,
        issuing_store_code as store_id,
        signed_on
    from {{ ref('stg_insurer__policy') }}
    where endorsement_number is null and issuing_store_code is not null
    group by all

),

numbered as (

    select
        *,
        row_number() over at_store as signed_days,
        min(signed_on) over at_store as first_signed_on
    from days
    window at_store as (partition by vin, store_id order by signed_on)

)

select * from numbered
