{#
    20 years back and 3 ahead: far enough for every policy whose end is judged by its month's
    parameters.
#}
with

parameters as (

    select * from {{ ref('int_renewal_parameter_resolve') }}
    where store_id = '*'

),

months as (

    select cast(unnest(generate_series(
        date_trunc('month', {{ as_of() }}) - interval 240 month,
        date_trunc('month', {{ as_of() }}) + interval 36 month,
        interval 1 month
    )) as date) as expiry_month

),

bounded as (

    select
        months.expiry_month,
        date_diff('month', {{ as_of() }}, months.expiry_month) as months_ahead,
        max(case when parameters.parameter = 'universe_months_back' then parameters.value end)
            as months_back_limit,
        max(case when parameters.parameter = 'universe_months_ahead' then parameters.value end)
            as months_ahead_limit
    from months
    inner join parameters
        on months.expiry_month between parameters.effective_from and parameters.effective_to
    group by all

),

marked as (

    select
        expiry_month,
        cast(last_day(expiry_month) as date) as last_day_on,
        months_ahead between -months_back_limit and months_ahead_limit as is_due_month
    from bounded

)

select * from marked
