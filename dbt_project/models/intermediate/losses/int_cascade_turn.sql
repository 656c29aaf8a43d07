{#
    One row per open due vehicle with the step that is in force on the day of tonight's list, before the first one that
    step, and whom it belongs to by what is known: the last archived person of the role, else who is known to the
    customer, if they hold the role in the store on that day, on leave or not; empty: to be dealt out.
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

-- who holds which role on that day
holders as (

    select
        staff.store_id,
        staff.role,
        list(distinct staff.staff_id) as holder_ids
    from {{ ref('stg_dms__staff') }} as staff
    inner join days using (store_id)
    where days.list_for_on between staff.valid_from and coalesce(staff.valid_to, days.list_for_on)
    group by all

),

in_force as (

    select
        due.store_id,
        due.vin,
        due.expiry_month,
        due.segment,
        due.book_owner,
        days.list_for_on,
        steps.step,
        steps.position,
        steps.role,
        steps.entered_on,
        steps.ends_on as due_by,
        steps.kept_id,
        steps.kept_since,
        steps.known_id,
        steps.reassignments
    from due
    inner join days using (store_id)
    left join steps using (store_id, vin, expiry_month)
    qualify row_number() over (
        partition by due.store_id, due.vin, due.expiry_month
        order by
            steps.entered_on > days.list_for_on,
            abs(days.list_for_on - steps.entered_on),
            steps.position
    ) = 1

),

judged as (

    select
        in_force.*,
        in_force.entered_on <= in_force.list_for_on as is_begun,
        {{ reassigned_by(
            'list_filter(in_force.reassignments, lambda named:'
            ~ ' list_contains(holders.holder_ids, named[\'staff_id\'])'
            ~ ' or list_contains(managers.holder_ids, named[\'staff_id\']))',
            'in_force.list_for_on'
        ) }} as named_id,
        list_filter(
            [in_force.kept_id, in_force.known_id],
            lambda person: list_contains(holders.holder_ids, person)
        )[1] as settled_id
    from in_force
    left join holders using (store_id, role)
    left join holders as managers
        on in_force.store_id = managers.store_id and managers.role = 'insurance_manager'

)

select * from judged
