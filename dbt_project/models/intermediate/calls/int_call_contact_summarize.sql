with

candidates as (

    select * from {{ ref('int_call_candidate_select') }}

),

parameters as (

    select * from {{ ref('int_call_list_parameter_daily') }}

),

results as (

    select * from {{ ref('int_call_result_newest') }}

),

phone_days as (

    select * from {{ ref('int_phone_contact_day') }}

),

reachable as (

    select
        candidates.vin,
        candidates.store_id,
        candidates.list_for_on,
        candidates.first_expires_on,
        coalesce(
            results.new_phone, case when candidates.is_contactable then candidates.phone end
        ) as phone

    from candidates
    left join results on candidates.vin = results.vin

),

dialled as (

    select
        reachable.vin,
        max(phone_days.called_on) as last_call_on,
        max(phone_days.called_on) filter (where phone_days.valid_contacts > 0) as last_valid_call_on

    from reachable
    inner join phone_days on reachable.phone = phone_days.phone
    inner join parameters on reachable.store_id = parameters.store_id
    where
        phone_days.called_on < reachable.list_for_on
        and phone_days.called_on
        >= reachable.first_expires_on - parameters.contact_history_days::integer
    group by all

),

final as (

    select
        reachable.vin,
        reachable.phone,
        results.* exclude (vin, is_answer, new_phone),
        dialled.last_valid_call_on,
        greatest(results.last_result_on, dialled.last_call_on) as last_contact_on,

        -- a returned line judges its own day; the phone log judges later days
        case
            when results.last_result_on >= coalesce(dialled.last_call_on, results.last_result_on)
                then results.is_answer
            else coalesce(dialled.last_valid_call_on = dialled.last_call_on, false)
        end as is_last_contact_answered

    from reachable
    left join results on reachable.vin = results.vin
    left join dialled on reachable.vin = dialled.vin

)

select * from final
