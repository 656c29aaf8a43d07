with

rows_of_lists as (

    select * from {{ ref('int_call_row_cut') }}
    where is_listed

),

words as (

    select * from {{ ref('int_call_row_word') }}

),

recipients as (

    select * from {{ ref('call_list_recipient') }}

),

actions as (

    select * from {{ ref('call_action') }}

),

codes as (

    select * from {{ ref('result_code') }}

),

scripts as (

    select * from {{ ref('int_call_script') }}

),

texts as (

    select * from {{ ref('int_text_map') }}

),

final as (

    select
        {{ as_of() }} as as_of,
        listed.list_for_on,
        listed.list_id,
        listed.row_id,
        listed.store_id,
        recipients.store_name,
        listed.staff_id,
        recipients.staff_name,
        listed.role,
        listed.sequence_number,
        actions.zh as today_action,
        words.call_reason_zh as call_reason,
        listed.customer_name,
        listed.phone,
        listed.plate_number,
        listed.model,
        date_sub('year', listed.first_registered_on, listed.list_for_on) as vehicle_age_years,
        listed.commercial_expires_on,
        listed.compulsory_expires_on,
        listed.days_left,
        codes.zh as last_result,
        listed.last_result_on,
        listed.promised_on as next_contact_on,
        coalesce(texts.zh['insurer.' || listed.expiring_insurer_code], listed.expiring_insurer_code)
            as last_year_insurer,
        listed.expiring_premium_amount as last_year_premium_amount,
        array_to_string(
            list_transform(
                string_split(listed.expiring_covers, ';'),
                lambda cover: coalesce(texts.zh['cover.' || cover], cover)
            ), '、'
        ) as last_year_covers,
        listed.quoted_amount,
        listed.quote_change_rate,
        listed.claims_last_year,
        listed.last_visit_on,
        scripts.script_zh as script,
        listed.urgency,
        texts.zh['step.' || listed.step] as step_name,
        texts.en['step.' || listed.step] as step_name_en,
        actions.en as today_action_en,
        words.call_reason_en,
        scripts.script_en,
        listed.last_result as last_result_code,
        words.action,
        words.situation,
        words.objection,
        listed.step,
        listed.uplift_is_estimated,
        offers.* exclude (list_id, row_id),
        listed.vehicle_key,
        listed.expiry_month

    from rows_of_lists as listed
    inner join words on listed.list_id = words.list_id and listed.row_id = words.row_id
    left join {{ ref('int_call_offer') }} as offers
        on listed.list_id = offers.list_id and listed.row_id = offers.row_id
    left join recipients on listed.list_id = recipients.list_id
    left join actions on words.action = actions.action
    left join codes on listed.last_result = codes.result
    left join scripts on listed.list_id = scripts.list_id and listed.row_id = scripts.row_id
    cross join texts

)

select * from final
