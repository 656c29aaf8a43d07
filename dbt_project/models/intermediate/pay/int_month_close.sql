{#
    When each bonus month is closed, and what it is on the day of as_of. Months that ended before the
    first night are not ours to close.
#}
with

plans as (

    select * from {{ ref('int_bonus_plan_monthly') }}

),

calendar as (

    select * from {{ ref('int_working_day') }}
    where is_working_day

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

working as (

    select
        plans.store_id,
        plans.month,
        plans.close_working_day,
        calendar.day,
        row_number() over (partition by plans.store_id, plans.month order by calendar.day)
            as working_day

    from plans
    inner join calendar
        on
            plans.store_id = calendar.store_id
            and plans.month + interval 1 month = date_trunc('month', calendar.day)

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
