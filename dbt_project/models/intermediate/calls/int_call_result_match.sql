with

results as (

    select * from {{ ref('stg_own__call_result') }}

),

lists as (

    select * from {{ ref('int_call_list_sent') }}

),

codes as (

    select * from {{ ref('result_code') }}

),

reasons as (

    select * from {{ ref('int_loss_reason_resolve') }}

),

-- a returned line names its list; the archived list knows the vehicle, the phone and the day
returned as (

    select
        lists.list_id,
        lists.row_id,
        lists.store_id,
        lists.staff_id,
        lists.vin,
        lists.vehicle_key,
        lists.expiry_month,
        lists.phone,
        lists.list_for_on as called_on,
        results.result,
        results.loss_reason,
        results.script_problem,
        results.next_contact_on,
        results.quoted_amount,
        results.competitor_amount,
        results.new_phone,
        coalesce(results.no_more_calls, false) as asked_for_no_more_calls

    from results
    inner join lists
        on
            results.list_id = lists.list_id
            and results.row_id = lists.row_id

),

-- a reason means what the store's list said on the day of the call
final as (

    select
        returned.* exclude (asked_for_no_more_calls),
        codes.effect,
        reasons.reason_group,
        coalesce(reasons.reason_zh, codes.reason_zh) as feedback_zh,
        coalesce(reasons.reason_en, codes.reason_en) as feedback_en,
        returned.asked_for_no_more_calls
        or coalesce(codes.effect = 'do_not_call', false) as is_do_not_call

    from returned
    left join codes on returned.result = codes.result
    left join reasons
        on
            returned.store_id = reasons.store_id
            and returned.loss_reason = reasons.loss_reason
            and returned.called_on between reasons.effective_from and reasons.effective_to

)

select * from final
