{#
    One row per due vehicle and step, also of steps to come, with its owner: whom an earlier night archived for the
    role by the end of the step, else who is known to the customer when it begins, else one of the role by a stable hash;
    else, and of the specialist's steps, the owner of the book. Beside it whom the manager named for this renewal: a
    decision binds the steps of the new person's role, one for an insurance manager every step. The step that is in
    force tonight has its person from int_cascade_deal.
#}
with

known as (

    select * from {{ ref('int_cascade_known') }}

),

kept as (

    select * from {{ ref('int_assignment_kept') }}

),

named as (

    select * from {{ ref('int_cascade_reassignment') }}

),

steps as (

    select
        chain.*,
        rules.position,
        rules.role,
        rules.is_calling,
        due.vehicle_key,
        due.book_owner,
        due.expires_on
    from {{ ref('int_cascade_chain') }} as chain
    inner join {{ ref('int_cascade_phase') }} as rules using (store_id, expiry_month, step)
    inner join {{ ref('int_due_vehicle') }} as due using (store_id, vin, expiry_month)

),

joined as (

    select
        steps.* exclude (book_owner, expires_on),
        kept.staff_id as kept_id,
        kept.assigned_on as kept_since,
        if(steps.role = 'renewal_specialist', steps.book_owner, known.known_id) as known_id,
        coalesce(
            if(kept.assigned_on <= steps.ends_on, kept.staff_id, null),
            known.known_id,
            known.drawn_id,
            steps.book_owner
        ) as first_owner_id,
        list_filter(
            named.decisions,
            lambda decision: decision['role'] in (steps.role, 'insurance_manager')
            and decision['effective_on'] > steps.expires_on - interval 1 year
            and greatest(decision['effective_on'], decision['holds_from']) <= steps.ends_on
            and decision['holds_until'] >= steps.entered_on
        ) as reassignments
    from steps
    left join known using (store_id, vin, expiry_month, step)
    left join kept using (store_id, vin, expiry_month, role)
    left join named using (store_id, vin)

)

select * from joined
