with

requests as (

    select * from {{ ref('stg_dms__help_request') }}

),

-- a reply of today is not known yet
known as (

    select
        *,
        coalesce(answered_at < {{ as_of() }}, false) as is_answered
    from requests

),

timed as (

    select
        store_id,
        request_number,
        staff_id,
        {{ pseudonym("'vin:' || vin") }} as vehicle_key,
        topic,
        asked_at,
        is_answered,
        case when is_answered then answered_at end as answered_at,
        case when is_answered then answered_by end as answered_by,
        case
            when is_answered and answered_at >= asked_at
                then date_diff('second', asked_at, answered_at)
        end as reply_seconds
    from known

)

select * from timed
