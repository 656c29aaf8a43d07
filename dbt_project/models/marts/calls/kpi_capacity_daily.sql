with

earlier as (

    select * from {{ ref('int_call_list_archived') }}
    where is_in_force

),

tonight as (

    select * from {{ ref('int_call_row_cut') }}

),

staff as (

    select * from {{ ref('int_staff_presence') }}

),

calling_days as (

    select * from {{ ref('int_working_day') }}
    where is_calling_day

),

capacity as (

    select * from {{ ref('int_call_capacity') }}

),

lists as (

    {% for list, role in [('earlier', 'role'), ('tonight', 'list_role')] -%}
        select
            store_id,
            staff_id,
            list_for_on as day,
            max({{ role }}) as role,
            count(*) as callable_rows,
            count(*) filter (where is_listed) as listed_rows
        from {{ list }}
        group by all

        union all

    {% endfor -%}
    select
        store_id,
        staff_id,
        list_for_on as day,
        role,
        0 as callable_rows,
        0 as listed_rows
    from {{ ref('call_list_recipient') }}
    where rows + uncovered_rows = 0

),

-- at work in the store, on a day of calls
present as (

    select distinct
        lists.store_id,
        lists.staff_id,
        lists.day
    from lists
    inner join staff
        on
            lists.store_id = staff.store_id
            and lists.staff_id = staff.staff_id
            and lists.day between staff.present_from and staff.present_to
    inner join calling_days
        on
            lists.store_id = calling_days.store_id
            and lists.day = calling_days.day

),

measured as (

    select
        lists.* exclude (role),
        present.day is not null as is_at_work,
        if(present.day is null, 0, capacity.available_minutes) as available_minutes,
        lists.callable_rows * capacity.minutes_per_row as needed_minutes,
        if(present.day is null, 0, capacity.rows) as fitting_rows
    from lists
    inner join capacity using (store_id, role, day)
    left join present using (store_id, staff_id, day)

),

covered as (

    select
        * exclude (fitting_rows),
        least(callable_rows, fitting_rows) as covered_rows,
        greatest(callable_rows - fitting_rows, 0) as uncovered_rows
    from measured

)

select * from covered
