with

stores as (

    select * from {{ ref('int_store_list') }}

),

calendar as (

    select * from {{ ref('int_working_calendar_resolve') }}

),

ahead_of_as_of as (

    select unnest(range(0, 31))::integer as ahead

),

days as (

    select
        stores.store_id,
        ({{ as_of() }} + ahead_of_as_of.ahead)::date as day

    from stores
    cross join ahead_of_as_of

),

final as (

    select
        days.store_id,
        min(days.day) as list_for_on

    from days
    inner join calendar
        on
            days.store_id = calendar.store_id
            and calendar.weekday = isodow(days.day)
            and days.day between calendar.effective_from and calendar.effective_to
    where calendar.is_working_day
    group by all

)

select * from final
