with

logged as (

    select * from {{ ref('stg_phone__hotline_log') }}

),

returns as (

    select * from {{ ref('int_hotline_return') }}

),

bands as (

    select * from {{ ref('int_hotline_response_band_resolve') }}

),

parameters as (

    select * from {{ ref('int_call_list_parameter_resolve') }}
    where parameter = 'hotline_audit_percent'

),

-- what was done on as_of itself waits for tomorrow
done as (

    select
        logged.*,
        {{ pseudonym("'hotline:' || logged.log_number") }} as call_key,
        {{ pseudonym("'vin:' || logged.vin") }} as vehicle_key,
        coalesce(logged.answered_at < {{ as_of() }}, false) as is_answered,
        coalesce(logged.recorded_at < {{ as_of() }}, false) as is_recorded,
        coalesce(logged.guided_at < {{ as_of() }}, false) as is_guided,
        case
            when least(logged.answered_at, logged.guided_at) < {{ as_of() }}
                then date_diff(
                    'second', logged.called_at, least(logged.answered_at, logged.guided_at)
                )
        end as response_seconds
    from logged

),

joined as (

    select
        done.call_key,
        done.store_id,
        done.called_at,
        done.call_kind,
        done.staff_id,
        done.vehicle_key,
        done.insurer_code,
        done.is_answered,
        done.is_recorded,
        done.is_guided,
        done.response_seconds,
        case when done.response_seconds is null then 'no_response' else bands.band end
            as response_band,
        done.is_first_contact,
        returns.log_number is not null as is_returned,
        returns.opened_at::date as returned_on,
        returns.amount as repair_amount,
        coalesce(
            md5_number_lower(done.call_key) % 100 < parameters.value, false
        ) as is_audit_sample
    from done
    left join returns on done.log_number = returns.log_number
    left join bands
        on
            done.store_id = bands.store_id
            and done.called_at::date between bands.effective_from and bands.effective_to
            and done.response_seconds between coalesce(bands.least_seconds, -1000000)
            and coalesce(bands.most_seconds, 100000000)
    left join parameters
        on
            done.store_id = parameters.store_id
            and done.called_at::date
            between parameters.effective_from and parameters.effective_to

)

select * from joined
