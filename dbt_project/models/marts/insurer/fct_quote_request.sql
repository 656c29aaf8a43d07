with

requests as (

    select * from {{ ref('int_quote_request_answer') }}

),

parameters as (

    select * from {{ ref('int_offer_parameter_resolve') }}
    where parameter = 'quote_fast_seconds'

),

timed as (

    select
        requests.insurer_code,
        requests.request_id,
        requests.store_id,
        requests.staff_id,
        {{ pseudonym("'vin:' || requests.vin") }} as vehicle_key,
        requests.requested_at,
        requests.closed_at,
        requests.status,
        case
            when requests.status = 'quoted' and requests.closed_at >= requests.requested_at
                then date_diff('second', requests.requested_at, requests.closed_at)
        end as answer_seconds,
        parameters.value as fast_seconds
    from requests
    left join parameters
        on
            coalesce(requests.store_id, '*') = parameters.store_id
            and cast(requests.requested_at as date)
            between parameters.effective_from and parameters.effective_to

),

judged as (

    select
        * exclude (fast_seconds),
        answer_seconds <= fast_seconds as is_fast
    from timed

)

select * from judged
