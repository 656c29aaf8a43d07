{%- set never = "date '9999-12-31'" -%}
{#
    Each rule says until when it holds a vehicle back, null if it does not, 9999-12-31 if only a new fact ends it. The
    strictest is the reason; the release is the first day on which all let go that hold tonight, and the store calls.
#}
with

intervals as (

    select * from {{ ref('int_call_contact_schedule') }}

),

stops as (

    select
        * replace (coalesce(is_promised, false) as is_promised),
        case
            when is_do_not_call
                then least(coalesce(do_not_call_until + 1, {{ never }}), {{ never }})
        end as wish_until,
        case when is_complaint_open or is_dispute_open then {{ never }} end as case_until,
        case when phone is null then {{ never }} end as phone_until,
        case when callable_from_on > list_for_on then callable_from_on end as early_until,
        case when recipient_id is null then {{ never }} end as recipient_until,
        case
            when last_effect = 'wrong_number' and last_result_phone = phone then {{ never }}
            when last_effect = 'lost' then {{ never }}
            when last_effect = 'refused' then refused_until
            when
                last_effect = 'claimed'
                and last_result_on + claimed_renewal_days::integer > list_for_on
                then last_result_on + claimed_renewal_days::integer
        end as result_until,
        case when number_free_on > list_for_on then number_free_on end as number_until,
        case
            when promised_on > list_for_on then promised_on
            when coalesce(is_promised, false) then null
            when recontact_on > list_for_on then recontact_on
        end as interval_until

    from intervals

),

held as (

    select
        *,
        greatest(
            wish_until, case_until, phone_until, early_until, recipient_until, result_until,
            number_until, interval_until
        ) as held_until

    from stops

),

-- a number that may not be dialled often enough for all of its vehicles gets the most urgent ones
counted as (

    select
        *,
        held_until is null and row_number() over (
            partition by phone, held_until is null
            order by is_promised desc, days_left asc, vin asc
        ) > least(unanswered_per_day, unanswered_per_week - unanswered_in_week) as is_beyond_limit

    from held

),

released as (

    select
        * exclude (
            wish_until, case_until, phone_until, early_until, recipient_until, result_until,
            number_until, interval_until, held_until, is_beyond_limit
        ),
        case
            when wish_until is not null and is_consent_withdrawn then 'no_consent'
            when wish_until is not null then 'do_not_call'
            when is_complaint_open then 'open_complaint'
            when is_dispute_open then 'open_dispute'
            when phone_until is not null then 'no_phone'
            when early_until is not null then 'too_early'
            when recipient_until is not null then 'no_recipient'
            when result_until is not null and last_effect = 'wrong_number' then 'wrong_number'
            when result_until is not null and last_effect = 'refused' then 'offer_refused'
            when result_until is not null and last_effect = 'lost' then 'reported_lost'
            when result_until is not null then 'claimed_renewal'
            when number_until is not null or is_beyond_limit then 'call_limit'
            when interval_until is not null then 'recontact_interval'
        end as suppressed_by,
        case
            when is_beyond_limit then list_for_on + 1
            else nullif(held_until, {{ never }})
        end as free_on

    from counted

),

-- beyond the calendar's end a day is as good as any
final as (

    select
        released.* exclude (free_on),
        coalesce(calendar.next_calling_on, released.free_on) as release_on

    from released
    left join {{ ref('int_working_day') }} as calendar
        on released.store_id = calendar.store_id and released.free_on = calendar.day

)

select * from final
