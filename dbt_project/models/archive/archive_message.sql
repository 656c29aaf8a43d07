{{ config(alias='message') }}

with

selected as (

    select * from {{ ref('int_message_select') }}

),

final as (

    select
        list_for_on,
        store_id,
        vin,
        expiry_month,
        phone,
        consent_number
    from selected

)

select * from final
