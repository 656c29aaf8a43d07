with

candidates as (

    select * from {{ ref('int_call_candidate_select') }}

),

contacts as (

    select * from {{ ref('int_call_contact_summarize') }}

),

parameters as (

    select * from {{ ref('int_call_list_parameter_daily') }}

),

-- whoever asked not to be called is called by nobody: by phone number, over all stores and staff
do_not_call as (

    select * from {{ ref('int_do_not_call_bind') }}

),

stops as (

    select * from {{ ref('int_call_stop') }}

),

dated as (

    select
        candidates.store_id,
        candidates.vin,
        candidates.vehicle_key,
        candidates.expiry_month,
        candidates.expires_on,
        candidates.first_expires_on,
        candidates.list_for_on,
        candidates.days_left,
        candidates.recipient_id,
        candidates.recipient_role,
        candidates.step_entered_on,
        contacts.* exclude (vin),
        parameters.* exclude (store_id, list_for_on),
        stops.unanswered_in_week,
        stops.number_free_on,
        stops.has_open_complaint and parameters.open_case_stops_calls = 1 as is_complaint_open,
        stops.has_open_dispute and parameters.open_case_stops_calls = 1 as is_dispute_open,
        do_not_call.phone is not null as is_do_not_call,
        coalesce(do_not_call.is_consent, false) as is_consent_withdrawn,
        do_not_call.ends_on as do_not_call_until,
        (candidates.first_expires_on - contacts.last_contact_on)::integer as days_left_at_contact,

        -- a promise beyond the last day of calling is no promise
        case
            when
                contacts.next_contact_on
                <= candidates.expires_on + parameters.last_call_days::integer
                and contacts.next_contact_on > contacts.last_result_on
                then contacts.next_contact_on
        end as promised_on

    from candidates
    inner join contacts using (vin)
    inner join stops using (vin)
    inner join parameters on candidates.store_id = parameters.store_id
    left join do_not_call
        on
            contacts.phone = do_not_call.phone
            and coalesce(do_not_call.ends_on, date '9999-12-31') >= candidates.list_for_on

),

intervals as (

    select
        *,
        promised_on <= list_for_on
        and (last_valid_call_on is null or last_valid_call_on < promised_on) as is_promised,
        last_contact_on + case
            when not is_last_contact_answered then recontact_no_answer_days
            when days_left_at_contact > recontact_middle_from_days then recontact_far_days
            when days_left_at_contact > recontact_near_from_days then recontact_middle_days
            when days_left_at_contact >= 0 then recontact_near_days
            else recontact_lapsed_days
        end::integer as recontact_on,
        first_expires_on - earliest_call_days::integer as callable_from_on,

        -- a refusal ends its step: the next step's owner may call, after the last step the recall
        case
            when coalesce(last_effect, '') <> 'refused' then null
            when last_result_on < step_entered_on then null
            when last_result_on > first_expires_on then date '9999-12-31'
            when first_expires_on >= list_for_on then first_expires_on + 1
        end as refused_until

    from dated

)

select * from intervals
