with

requests as (

    select * from {{ ref('fct_quote_request') }}

),

counted as (

    select
        store_id,
        insurer_code,
        cast(date_trunc('month', requested_at) as date) as month,
        count(*) as requests,
        {%- for status in ['quoted', 'declined', 'withdrawn', 'open'] %}
            count(*) filter (where status = '{{ status }}') as {{ status }}_requests,
        {%- endfor %}
        count(answer_seconds) as timed_requests,
        count(*) filter (where is_fast) as fast_requests,
        quantile_disc(answer_seconds, 0.5) as median_answer_seconds
    from requests
    group by all

),

rated as (

    select
        *,
        {{ half_up('fast_requests', 'nullif(timed_requests, 0)', 6) }} as fast_share
    from counted

)

select * from rated
