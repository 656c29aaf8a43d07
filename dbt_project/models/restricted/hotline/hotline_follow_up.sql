with

calls as (

    select * from {{ ref('fct_hotline_call') }}
    where
        call_kind in ('accident', 'rescue')
        and not is_returned

),

logged as (

    select
        *,
        {{ pseudonym("'hotline:' || log_number") }} as call_key
    from {{ ref('stg_phone__hotline_log') }}

),

parameters as (

    select * from {{ ref('int_call_list_parameter_resolve') }}
    where parameter = 'hotline_follow_up_days'

),

do_not_call as (

    select * from {{ ref('int_do_not_call_bind') }}
    where coalesce(ends_on >= {{ as_of() }}, true)

),

-- who never got through, of whom nothing is written down, or who was not told where to go
missed as (

    select
        calls.store_id,
        logged.log_number,
        calls.called_at,
        calls.call_kind,
        calls.staff_id,
        logged.caller_name,
        {{ phone_number('logged.caller_phone') }} as caller_phone,
        logged.vin,
        logged.plate_number,
        calls.insurer_code,
        calls.response_seconds is not null as has_response,
        calls.is_recorded,
        calls.is_guided
    from calls
    inner join logged on calls.call_key = logged.call_key
    inner join parameters
        on
            calls.store_id = parameters.store_id
            and calls.called_at::date
            between parameters.effective_from and parameters.effective_to
            and calls.called_at >= {{ as_of() }} - parameters.value::integer
    where
        not calls.is_recorded
        or not calls.is_guided
        or calls.response_seconds is null

),

listed as (

    select
        missed.*,
        do_not_call.phone is not null as is_do_not_call
    from missed
    left join do_not_call on missed.caller_phone = do_not_call.phone

)

select * from listed
