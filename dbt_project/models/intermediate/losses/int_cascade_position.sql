{#
    One row per open due vehicle with the one person whose turn it is on the day of tonight's list: whom the manager
    named, else whose the step is, else one of the same role, else the owner of the book, else a specialist, else an
    insurance manager; only who is at work in the store on that day: who is on leave gives the rows of that day to
    others and has them back afterwards.
#}
with

turns as (

    select * from {{ ref('int_cascade_deal') }}

),

days as (

    select * from {{ ref('int_call_list_day') }}

),

-- who is at work in which role on that day
desks as (

    select
        staff.store_id,
        staff.role,
        list(distinct staff.staff_id order by staff.staff_id) as staff_ids
    from {{ ref('int_staff_presence') }} as staff
    inner join days using (store_id)
    where days.list_for_on between staff.present_from and staff.present_to
    group by all

),

stores as (

    select
        store_id,
        map_from_entries(list((role, staff_ids))) as people
    from desks
    group by all

),

offered as (

    select
        turns.*,
        stores.people[turns.role] as role_ids,
        stores.people['renewal_specialist'] as specialist_ids,
        stores.people['insurance_manager'] as manager_ids
    from turns
    left join stores using (store_id)

),

final as (

    select
        store_id,
        vin,
        expiry_month,
        list_for_on,
        step,
        position,
        entered_on,
        due_by,
        coalesce(
            list_intersect(list_concat(role_ids, manager_ids), [named_id])[1],
            list_intersect(role_ids, [assigned_id])[1],
            {{ stable_person('role_ids', 'vin') }},
            list_intersect(specialist_ids, [book_owner])[1],
            {{ stable_person('specialist_ids', 'vin') }},
            manager_ids[1]
        ) as owner_id,
        case
            when list_contains(role_ids, owner_id) then role
            when list_contains(specialist_ids, owner_id) then 'renewal_specialist'
            when owner_id is not null then 'insurance_manager'
        end as owner_role
    from offered

)

select * from final
