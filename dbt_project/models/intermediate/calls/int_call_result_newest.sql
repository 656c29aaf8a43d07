with

candidates as (

    select * from {{ ref('int_call_candidate_select') }}

),

parameters as (

    select * from {{ ref('int_call_list_parameter_daily') }}

),

results as (

    select * from {{ ref('int_call_result_match') }}

),

-- what was said about this renewal; last year's answers do not count
history as (

    select
        results.*,
        results.effect <> 'no_contact' as is_answer

    from results
    inner join candidates on results.vin = candidates.vin
    inner join parameters on candidates.store_id = parameters.store_id
    where
        results.called_on < candidates.list_for_on
        and results.called_on
        >= candidates.first_expires_on - parameters.contact_history_days::integer

),

newest as (

    select * from history
    qualify
        row_number() over (partition by vin order by called_on desc, list_id desc, row_id asc) = 1

),

newest_answer as (

    select * from history
    where is_answer
    qualify
        row_number() over (partition by vin order by called_on desc, list_id desc, row_id asc) = 1

),

newest_phone as (

    select * from history
    where new_phone is not null
    qualify
        row_number() over (partition by vin order by called_on desc, list_id desc, row_id asc) = 1

),

final as (

    select
        newest.vin,
        newest.result as last_result,
        newest.effect as last_effect,
        newest.is_answer,
        newest.called_on as last_result_on,
        newest.next_contact_on,
        newest.phone as last_result_phone,
        newest_answer.reason_group as last_reason_group,
        coalesce(newest_answer.feedback_zh, newest.feedback_zh) as feedback_zh,
        coalesce(newest_answer.feedback_en, newest.feedback_en) as feedback_en,
        newest_phone.new_phone

    from newest
    left join newest_answer on newest.vin = newest_answer.vin
    left join newest_phone on newest.vin = newest_phone.vin

)

select * from final
