{{ config(materialized='view') }}

{#
    One row per consent that was taken back and not given anew, to calls or to the use of personal data: the newest
    decision about each purpose and number (no number: all of the customer), of one day the stricter one. customer_id
    is empty where the decision is about one number only.
#}
with

decisions as (

    select * from {{ ref('stg_dms__consent') }}
    where purpose in ('renewal_call', 'personal_data')

),

newest as (

    select * from decisions
    qualify row_number() over (
        partition by customer_id, {{ phone_number('phone') }}, purpose
        order by decided_on desc, is_given asc, ends_on desc nulls first, consent_number desc
    ) = 1

),

final as (

    select
        consent_number,
        case when phone is null then customer_id end as customer_id,
        {{ phone_number('phone') }} as phone,
        ends_on
    from newest
    where not is_given

)

select * from final
