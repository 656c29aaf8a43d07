with

rows_of_lists as (

    select * from {{ ref('int_call_row_cut') }}
    where is_listed

),

words as (

    select * from {{ ref('int_call_row_word') }}

),

final as (

    select
        {{ as_of() }} as as_of,
        listed.list_for_on,
        listed.list_id,
        listed.row_id,
        listed.store_id,
        listed.staff_id,
        listed.role,
        listed.step,
        listed.sequence_number,
        listed.vehicle_key,
        listed.expiry_month,
        listed.segment,
        listed.trade_type,
        listed.urgency,
        words.action,
        words.situation,
        words.objection,
        listed.days_left,
        listed.commercial_expires_on,
        listed.compulsory_expires_on,
        listed.last_result,
        listed.last_result_on,
        listed.promised_on as next_contact_on,
        listed.last_contact_on,
        listed.quoted_amount is not null as is_quoted,
        listed.quote_change_rate,
        listed.propensity_rate,
        listed.propensity_basis,
        listed.propensity_reason_1,
        listed.propensity_reason_2,
        listed.propensity_reason_3,
        listed.uplift_rate,
        listed.uplift_is_estimated,
        listed.margin_basis,
        listed.expected_value_amount

    from rows_of_lists as listed
    inner join words
        on
            listed.list_id = words.list_id
            and listed.row_id = words.row_id

)

select * from final
