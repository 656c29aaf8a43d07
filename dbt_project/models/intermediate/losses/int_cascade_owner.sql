{#
    One row per due vehicle and step, also of steps to come, with its owner on the day it begins: the
    consultant who sold the car, the advisor of the last visit before, if they hold that role in the
    store on that day; else one who does, by a stable hash; else, and of the specialist's steps, the
    owner of the book. Beside it whom the manager named for this renewal: a decision binds the steps
    of the new person's role, one for an insurance manager every step.
#}
with

staff as (

    select * from {{ ref('stg_dms__staff') }}

),

met as (

    select * from {{ ref('int_cascade_meeting') }}

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

begins as (

    select distinct
        store_id,
        role,
        entered_on
    from steps
    where role <> 'renewal_specialist'

),

-- who holds the role on the day a step begins
desks as (

    select
        begins.*,
        list(distinct staff.staff_id) as staff_ids
    from begins
    inner join staff
        on
            begins.store_id = staff.store_id
            and begins.role = staff.role
            and begins.entered_on >= staff.valid_from
            and begins.entered_on <= coalesce(staff.valid_to, begins.entered_on)
    group by all

),

known as (

    select
        steps.store_id,
        steps.vin,
        steps.expiry_month,
        steps.step,
        met.staff_id
    from steps
    inner join met using (vin, role)
    inner join desks using (store_id, role, entered_on)
    where
        steps.entered_on > met.happened_at
        and list_contains(desks.staff_ids, met.staff_id)
    qualify row_number() over (
        partition by steps.store_id, steps.vin, steps.expiry_month, steps.step
        order by met.happened_at desc, met.number_of_it desc
    ) = 1

),

joined as (

    select
        steps.* exclude (book_owner, expires_on),
        coalesce(
            known.staff_id,
            {{ stable_person('desks.staff_ids', 'steps.vin') }},
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
    left join desks using (store_id, role, entered_on)
    left join known using (store_id, vin, expiry_month, step)
    left join named using (store_id, vin)

)

select * from joined
