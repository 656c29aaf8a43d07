with

complaints as (

    select * from {{ ref('fct_complaint') }}

),

counted as (

    select
        store_id,
        topic,
        cast(date_trunc('month', opened_at) as date) as month,
        count(*) as complaints,
        count(*) filter (where is_open) as open_complaints,
        count(*) filter (where not is_open) as closed_complaints,
        cast(coalesce(sum(open_days) filter (where not is_open), 0) as bigint) as closing_days,
        count(satisfaction) as satisfaction_answers,
        cast(coalesce(sum(satisfaction), 0) as bigint) as satisfaction_sum
    from complaints
    group by all

),

rated as (

    select
        *,
        {{ half_up('satisfaction_sum', 'nullif(satisfaction_answers, 0)', 2) }}
            as average_satisfaction
    from counted

)

select * from rated
