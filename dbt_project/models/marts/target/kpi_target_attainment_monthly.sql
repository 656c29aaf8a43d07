with

targets as (

    select * from {{ ref('kpi_target_monthly') }}
    where counts_for_achievement and target_rate is not null

),

dates as (

    select * from {{ ref('int_data_date') }}

),

parameters as (

    select * from {{ ref('int_target_parameter_resolve') }}

),

summed as (

    select
        store_id,
        expiry_month,
        tier,
        sum(due_vehicles)::bigint as due_vehicles,
        sum(target_vehicles)::bigint as target_vehicles,
        sum(renewed_here)::bigint as renewed_here,
        bool_and(is_matured) as is_matured

    from targets
    group by all

),

-- how much of the month the data cover; a month that is over is covered whole
anchored as (

    select
        summed.*,
        dates.data_date,
        day(last_day(summed.expiry_month)) as month_days,
        least(
            greatest(dates.data_date - summed.expiry_month + 1, 0),
            day(last_day(summed.expiry_month))
        ) as elapsed_days

    from summed
    cross join dates

),

thresholds as (

    select
        anchored.*,
        max(parameters.value) filter (where parameters.parameter = 'green_from_rate') as green_rate,
        max(parameters.value) filter (where parameters.parameter = 'amber_from_rate') as amber_rate

    from anchored
    left join
        parameters
        on
            anchored.store_id = parameters.store_id
            and anchored.expiry_month between parameters.effective_from and parameters.effective_to
    group by all

),

-- renewed ÷ (target × elapsed ÷ month) against the threshold, in integers
judged as (

    select
        store_id,
        expiry_month,
        tier,
        data_date,
        due_vehicles,
        target_vehicles,
        renewed_here,
        {{ half_up('renewed_here', 'nullif(target_vehicles, 0)', 6) }} as attainment_rate,
        elapsed_days,
        month_days,
        {{ half_up('target_vehicles * elapsed_days', 'month_days', 2) }} as expected_vehicles,
        {{ half_up(
            'renewed_here * month_days', 'nullif(target_vehicles * elapsed_days, 0)', 6
        ) }} as pace_rate,
        case
            when target_vehicles * elapsed_days = 0 then 'not_started'
            when
                renewed_here * month_days * 10000
                >= (green_rate * 10000)::bigint * target_vehicles * elapsed_days
                then 'green'
            when
                renewed_here * month_days * 10000
                >= (amber_rate * 10000)::bigint * target_vehicles * elapsed_days
                then 'amber'
            else 'red'
        end as light,
        is_matured

    from thresholds

)

select * from judged
