with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

days as (

    select * from {{ ref('int_call_list_parameter_daily') }}

),

staff as (

    select * from {{ ref('stg_dms__staff') }}

),

-- open vehicles that have not passed the last day of calling; the earlier expiry drives days left
candidates as (

    select
        due.*,
        days.list_for_on,
        (due.first_expires_on - days.list_for_on)::integer as days_left,
        row_number() over (
            partition by due.vin
            order by due.first_expires_on, due.expires_on, due.store_id, due.expiry_month
        ) as precedence

    from due
    inner join days on due.store_id = days.store_id
    where
        due.outcome = 'open'
        and due.expires_on + days.last_call_days::integer >= days.list_for_on

),

active_staff as (

    select distinct
        staff.store_id,
        staff.staff_id,
        staff.role

    from staff
    inner join days
        on
            staff.store_id = days.store_id
            and days.list_for_on between staff.valid_from and coalesce(
                staff.valid_to, days.list_for_on
            )
    where staff.role in ('renewal_specialist', 'insurance_manager')

),

managers as (

    select
        store_id,
        min(staff_id) as manager_id

    from active_staff
    where role = 'insurance_manager'
    group by all

),

-- the book of somebody who is gone falls to the store's insurance manager
final as (

    select
        candidates.* exclude (precedence),
        coalesce(owners.staff_id, managers.manager_id) as recipient_id,
        case
            when owners.staff_id is not null then 'renewal_specialist'
            when managers.manager_id is not null then 'insurance_manager'
        end as recipient_role

    from candidates
    left join active_staff as owners
        on
            candidates.store_id = owners.store_id
            and candidates.book_owner = owners.staff_id
            and owners.role = 'renewal_specialist'
    left join managers
        on candidates.store_id = managers.store_id
    where candidates.precedence = 1

)

select * from final
