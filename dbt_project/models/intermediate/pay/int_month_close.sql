{#
    When each bonus month is closed, and what it is on the day of as_of. Months that ended before the
    first night are not ours to close.
#}
with

plans as (

    select * from {{ ref('int_bonus_plan_monthly') }}

),

calendar as (

    select * from {{ ref('int_working_calendar_resolve') }}

),

closings as (

    select
        store_id,
        month,
        min(closed_on) as closed_on

    from {{ ref('int_statement_archived') }}
    where kind = 'bonus'
    group by all

),

nights as (

    select coalesce(min(as_of), {{ as_of() }}) as first_as_of
    from {{ archive('night') }}

),

days as (

    select
        store_id,
        month,
        close_working_day,
        unnest(generate_series(
            month + interval 1 month, last_day((month + interval 1 month)::date), interval 1 day
        ))::date as day

    from plans

),

working as (

    select
        days.*,
        row_number() over (partition by days.store_id, days.month order by days.day) as working_day

    from days
    inner join calendar
        on
            days.store_id = calendar.store_id
            and calendar.weekday = isodow(days.day)
            and days.day between calendar.effective_from and calendar.effective_to
    where calendar.is_working_day

),

stated as (

    select
        working.store_id,
        working.month,
        working.day as closes_on,
        closings.closed_on,
        case
            when closings.closed_on is not null then 'closed'
            when last_day(working.month) < nights.first_as_of then 'before_start'
            when {{ as_of() }} <= last_day(working.month) then 'provisional'
            else 'awaiting_confirmation'
        end as status

    from working
    cross join nights
    left join closings on working.store_id = closings.store_id and working.month = closings.month
    where working.working_day = working.close_working_day

)

select * from stated
