{{ config(materialized='view') }}

with

received as not materialized (

    select * from {{ raw('commission_rate') }}

),

newest as (

    {{ newest_per_key(
        'received', ['insurer_code', 'store_code', 'policy_kind', 'business_type', 'valid_from']
    ) }}

)

select * from newest
