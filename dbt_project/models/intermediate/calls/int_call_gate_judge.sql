with

intervals as (

    select * from {{ ref('int_call_contact_schedule') }}

),

judged as (

    select
        * replace (coalesce(is_promised, false) as is_promised),
        case
            when is_do_not_call then 'do_not_call'
            when phone is null then 'no_phone'
            when callable_from_on > list_for_on then 'too_early'
            when recipient_id is null then 'no_recipient'
            when last_effect = 'wrong_number' and last_result_phone = phone then 'wrong_number'
            when last_effect = 'refused' then 'offer_refused'
            when last_effect = 'lost' then 'reported_lost'
            when
                last_effect = 'claimed'
                and last_result_on + claimed_renewal_days::integer > list_for_on
                then 'claimed_renewal'
            when promised_on > list_for_on then 'recontact_interval'
            when is_promised then null
            when recontact_on > list_for_on then 'recontact_interval'
        end as suppressed_by

    from intervals

),

final as (

    select
        *,
        case suppressed_by
            when 'do_not_call' then do_not_call_until + 1
            when 'too_early' then callable_from_on
            when 'claimed_renewal' then last_result_on + claimed_renewal_days::integer
            when 'recontact_interval' then coalesce(
                case when promised_on > list_for_on then promised_on end, recontact_on
            )
        end as release_on

    from judged

)

select * from final
