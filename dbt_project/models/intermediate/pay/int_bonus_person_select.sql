with

plans as (

    select * from {{ ref('int_bonus_plan_monthly') }}

),

staff as (

    select * from {{ ref('stg_dms__staff') }}

),

roles as (

    select
        *,
        unnest(string_split(book_roles, ';')) as role,
        'book' as scope
    from plans
    union all by name
    select
        *,
        unnest(string_split(store_roles, ';')) as role,
        'store' as scope
    from plans

),

days as (

    select
        roles.store_id,
        roles.role,
        roles.scope,
        roles.month,
        roles.plan_id,
        roles.base_amount as full_base_amount,
        roles.bonus_target_multiplier,
        roles.renewable_segments,
        roles.is_closed,
        staff.staff_id,
        unnest(generate_series(
            greatest(staff.valid_from, roles.month),
            least(coalesce(staff.valid_to, last_day(roles.month)), last_day(roles.month)),
            interval 1 day
        ))::date as active_on

    from roles
    inner join staff
        on
            roles.store_id = staff.store_id
            and roles.role = staff.role
            and staff.valid_from <= last_day(roles.month)
            and coalesce(staff.valid_to, last_day(roles.month)) >= roles.month

),

people as (

    select
        store_id,
        staff_id,
        role,
        scope,
        month,
        plan_id,
        full_base_amount,
        bonus_target_multiplier,
        renewable_segments,
        is_closed,
        day(last_day(month)) as month_days,
        count(distinct active_on) as active_days,
        list_sort(list_distinct(list(active_on))) as active_dates

    from days
    group by all

),

-- base by days, half-up to the cent, in integers
paid as (

    select
        *,
        (
            (2 * (full_base_amount * 100)::hugeint * active_days + month_days) // (2 * month_days)
        )::decimal(18, 0) * 0.01::decimal(3, 2) as base_amount

    from people

)

select * replace (base_amount::decimal(18, 2) as base_amount) from paid
