{{ config(materialized='view') }}

with

received as not materialized (

    select * replace (upper(trim(vin)) as vin) from {{ raw('policy') }}

),

newest as (

    {{ newest_per_key(
        'received', ['insurer_code', 'policy_number', 'policy_kind', 'endorsement_number']
    ) }}

),

signed as (

    select * from newest
    where signed_on < {{ as_of() }}

)

select * from signed
