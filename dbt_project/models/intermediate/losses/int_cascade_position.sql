{#
    One row per open due vehicle with the step that is in force on the day of tonight's list, before
    the first one that step, and the one person whose turn it is on that day: whom the manager named,
    else the step's owner, else one of the same role, else the owner of the book, else a specialist,
    else an insurance manager; only who is at work in the store on that day: who is on leave gives the
    rows of that day to others and has them back afterwards.
#}
with

due as (

    select * from {{ ref('int_due_vehicle') }}
    where outcome = 'open'

),

days as (

    select * from {{ ref('int_call_list_day') }}

),

steps as (

    select * from {{ ref('int_cascade_owner') }}

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

in_force as (

    select
        due.store_id,
        due.vin,
        due.expiry_month,
        due.book_owner,
        days.list_for_on,
        steps.step,
        steps.position,
        steps.role,
        steps.entered_on,
        steps.ends_on as due_by,
        steps.first_owner_id,
        steps.reassignments,
        stores.people[steps.role] as role_ids,
        stores.people['renewal_specialist'] as specialist_ids,
        stores.people['insurance_manager'] as manager_ids
    from due
    inner join days using (store_id)
    left join stores using (store_id)
    left join steps using (store_id, vin, expiry_month)
    qualify row_number() over (
        partition by due.store_id, due.vin, due.expiry_month
        order by
            steps.entered_on > days.list_for_on,
            abs(days.list_for_on - steps.entered_on),
            steps.position
    ) = 1

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
            {{ reassigned_by(
                'list_filter(reassignments, lambda named:'
                ~ ' list_contains(list_concat(role_ids, manager_ids), named[\'staff_id\']))',
                'list_for_on'
            ) }},
            list_intersect(role_ids, [first_owner_id])[1],
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
    from in_force

)

select * from final
