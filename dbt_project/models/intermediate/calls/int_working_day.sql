{#
    The one place that says whether a store works, and calls, on a day. A holiday is no day of work and a make-up day is
    one, if statutory days count for the store; else the weekday decides. On a holiday nobody is called unless the store
    says so; then on the weekdays on which it works.
#}
with

stores as (

    select * from {{ ref('int_store_list') }}

),

weekdays as (

    select * from {{ ref('int_working_calendar_resolve') }}

),

parameters as (

    select * from {{ ref('int_call_list_parameter_resolve') }}
    where parameter in ('statutory_days_count', 'calls_on_statutory_holidays')

),

statutory as (

    select * from {{ ref('statutory_day') }}

),

nights as (

    select min(as_of) as first_as_of from {{ archive('night') }}

),

-- from the first month whose closing is asked for, or the first list, to the last release of a wish
bounds as (

    select
        min(least(months.expiry_month, nights.first_as_of)) as first_day,
        {{ as_of() }} + 400 as last_day
    from {{ ref('int_month_list') }} as months
    cross join nights
    where months.is_due_month

),

days as (

    select unnest(generate_series(first_day, last_day, interval 1 day))::date as day
    from bounds

),

kinds as (

    select
        stores.store_id,
        days.day,
        weekdays.is_working_day as is_working_weekday,
        coalesce(statutory.kind = 'holiday', false) as is_holiday,
        coalesce(statutory.kind = 'make_up_working_day', false) as is_make_up
    from stores
    cross join days
    inner join weekdays
        on
            stores.store_id = weekdays.store_id
            and isodow(days.day) = weekdays.weekday
            and days.day between weekdays.effective_from and weekdays.effective_to
    left join statutory on days.day = statutory.day

),

asked as (

    select
        kinds.*,
        max(parameters.value) filter (where parameters.parameter = 'statutory_days_count') = 1
            as is_counted,
        max(parameters.value) filter (where parameters.parameter = 'calls_on_statutory_holidays')
        = 1 as is_called
    from kinds
    inner join parameters
        on
            kinds.store_id = parameters.store_id
            and kinds.day between parameters.effective_from and parameters.effective_to
    group by all

),

judged as (

    select
        store_id,
        day,
        case
            when is_counted then (is_working_weekday or is_make_up) and not is_holiday
            else is_working_weekday
        end as is_working_day,
        case when is_holiday then is_working_weekday and is_called else is_working_day end
            as is_calling_day
    from asked

),

final as (

    select
        *,
        min(case when is_calling_day then day end) over (
            partition by store_id order by day rows between current row and unbounded following
        ) as next_calling_on
    from judged

)

select * from final
