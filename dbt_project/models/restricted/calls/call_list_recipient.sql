with

stores as (

    select * from {{ ref('int_store_list') }}

),

days as (

    select * from {{ ref('int_call_list_parameter_daily') }}

),

staff as (

    select * from {{ ref('int_staff_presence') }}

),

rows_of_lists as (

    select * from {{ ref('int_call_row_cut') }}

),

switches as (

    select * from {{ ref('int_offer_switch_resolve') }}
    where switch = 'benefits_on_staff_lists'

),

listed as (

    select
        list_id,
        store_id,
        staff_id,
        min(list_role) as role,
        count(*) filter (where is_listed) as rows,
        count(*) filter (where not is_listed) as uncovered_rows

    from rows_of_lists
    group by all

),

active as (

    select
        staff.store_id,
        staff.staff_id,
        staff.staff_name,
        staff.role,
        days.list_for_on,
        days.call_from_hour,
        days.call_until_hour

    from staff
    inner join days
        on
            staff.store_id = days.store_id
            and days.list_for_on between staff.present_from and staff.present_to

),

-- every specialist gets a list, also an empty one; whoever else has rows gets one
final as (

    select
        active.store_id,
        stores.store_name,
        active.staff_id,
        active.staff_name,
        active.role,
        strftime({{ as_of() }}, '%Y%m%d') || '-' || active.store_id || '-' || active.staff_id
            as list_id,
        active.list_for_on,
        active.call_from_hour,
        active.call_until_hour,
        coalesce(listed.rows, 0) as rows,
        coalesce(listed.uncovered_rows, 0) as uncovered_rows,
        coalesce(switches.is_on, false) as benefits_on_staff_lists

    from active
    inner join stores on active.store_id = stores.store_id
    left join listed
        on
            active.store_id = listed.store_id
            and active.staff_id = listed.staff_id
    left join switches
        on
            active.store_id = switches.store_id
            and active.list_for_on between switches.effective_from and switches.effective_to
    where
        active.role = 'renewal_specialist'
        or listed.list_id is not null
    qualify row_number() over (
        partition by active.store_id, active.staff_id
        order by
            active.role = 'renewal_specialist' desc,
            active.role = listed.role desc,
            active.role asc,
            active.staff_name asc
    ) = 1

)

select * from final
