with

calls as (

    select * from {{ ref('stg_phone__call') }}

),

numbers as (

    select * from {{ ref('int_phone_number_normalise') }}

),

sides as (

    select
        calls._source as source_name,
        calls.call_id,
        calls.leg_id,
        calls.store_id,
        calls.started_at,
        calls.ended_at,
        callers.phone as caller_phone,
        callees.phone as callee_phone,
        callers.extension as caller_extension,
        callees.extension as callee_extension,
        coalesce(
            calls.direction,
            case
                when callers.extension is null and callees.extension is not null then 'inbound'
                when callees.phone is not null then 'outbound'
                else 'internal'
            end
        ) as direction,
        case
            when calls.disposition = 'answered' and calls.billable_seconds > 0
                then coalesce(
                    calls.answered_at,
                    calls.ended_at - to_seconds(calls.billable_seconds)
                )
        end as talk_from,
        calls.billable_seconds

    from calls
    left join numbers as callers on calls.caller_number = callers.number_text
    left join numbers as callees on calls.callee_number = callees.number_text

),

-- whichever side carries it: a transfer turns caller and desk round
final as (

    select
        source_name,
        call_id,
        leg_id,
        store_id,
        started_at,
        ended_at,
        direction,
        case direction
            when 'outbound' then coalesce(callee_phone, caller_phone)
            when 'inbound' then coalesce(caller_phone, callee_phone)
        end as phone,
        case direction
            when 'inbound' then coalesce(callee_extension, caller_extension)
            else coalesce(caller_extension, callee_extension)
        end as extension,
        case direction
            when 'outbound' then coalesce(callee_phone, callee_extension, caller_phone) is null
            when 'inbound' then coalesce(caller_phone, caller_extension, callee_phone) is null
            else false
        end as is_number_hidden,
        talk_from,
        talk_from + to_seconds(billable_seconds) as talk_to

    from sides

)

select * from final
