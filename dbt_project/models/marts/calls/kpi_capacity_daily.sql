with

sent as (

    select * from {{ ref('int_call_list_sent') }}
    where is_in_force

),

staff as (

    select * from {{ ref('int_staff_presence') }}

),

calling_days as (

    select * from {{ ref('int_working_day') }}
    where is_calling_day

),

parameters as (

    select * from {{ ref('int_call_list_parameter_resolve') }}
    where parameter in ('working_minutes', 'call_share_percent', 'minutes_per_row')

),

lists as (

    select
        store_id,
        staff_id,
        list_for_on as day,
        count(*) as listed_rows
    from sent
    group by all

    union all

    select
        store_id,
        staff_id,
        list_for_on as day,
        rows as listed_rows
    from {{ ref('call_list_recipient') }}

),

numbers as (

    select
        lists.store_id,
        lists.staff_id,
        lists.day,
        lists.listed_rows,
        max(parameters.value) filter (where parameters.parameter = 'working_minutes')
            as working_minutes,
        max(parameters.value) filter (where parameters.parameter = 'call_share_percent')
            as call_share_percent,
        max(parameters.value) filter (where parameters.parameter = 'minutes_per_row')
            as minutes_per_row
    from lists
    inner join parameters
        on
            lists.store_id = parameters.store_id
            and lists.day between parameters.effective_from and parameters.effective_to
    group by all

),

-- at work in the store, on a day of calls
present as (

    select distinct
        numbers.store_id,
        numbers.staff_id,
        numbers.day
    from numbers
    inner join staff
        on
            numbers.store_id = staff.store_id
            and numbers.staff_id = staff.staff_id
            and numbers.day between staff.present_from and staff.present_to
    inner join calling_days
        on
            numbers.store_id = calling_days.store_id
            and numbers.day = calling_days.day

),

measured as (

    select
        numbers.* exclude (working_minutes, call_share_percent, minutes_per_row),
        present.day is not null as is_at_work,
        if(
            present.day is null, 0, numbers.working_minutes * numbers.call_share_percent // 100
        ) as available_minutes,
        numbers.listed_rows * numbers.minutes_per_row as needed_minutes,
        numbers.minutes_per_row
    from numbers
    left join present using (store_id, staff_id, day)

),

covered as (

    select
        * exclude (minutes_per_row),
        least(listed_rows, available_minutes // minutes_per_row) as covered_rows,
        greatest(listed_rows - available_minutes // minutes_per_row, 0) as uncovered_rows
    from measured

)

select * from covered
