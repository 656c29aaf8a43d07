with

requests as (

    select * from {{ ref('fct_help_request') }}

),

counted as (

    select
        store_id,
        topic,
        cast(date_trunc('month', asked_at) as date) as month,
        count(*) as requests,
        count(*) filter (where is_answered) as answered_requests,
        count(*) filter (where not is_answered) as open_requests,
        count(reply_seconds) as timed_requests,
        cast(coalesce(sum(reply_seconds), 0) as bigint) as reply_seconds,
        quantile_disc(reply_seconds, 0.5) as median_reply_seconds
    from requests
    group by all

)

select * from counted
