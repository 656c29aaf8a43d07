{{ config(materialized='view') }}

{#
    One row per due vehicle and step of a role other than the specialist's with who is known to the customer: the
    consultant who sold the car, the advisor of the last visit before the step begins, if they hold that role in the
    store on that day; beside it one of those who do, by a stable hash, for steps that no night dealt out.
#}
with

staff as (

    select * from {{ ref('stg_dms__staff') }}

),

met as (

    select * from {{ ref('int_cascade_meeting') }}

),

steps as (

    select
        chain.store_id,
        chain.vin,
        chain.expiry_month,
        chain.step,
        chain.entered_on,
        rules.role
    from {{ ref('int_cascade_chain') }} as chain
    inner join {{ ref('int_cascade_phase') }} as rules using (store_id, expiry_month, step)
    where rules.role <> 'renewal_specialist'

),

begins as (

    select distinct
        store_id,
        role,
        entered_on
    from steps

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
        steps.store_id,
        steps.vin,
        steps.expiry_month,
        steps.step,
        known.staff_id as known_id,
        {{ stable_person('desks.staff_ids', 'steps.vin') }} as drawn_id
    from steps
    inner join desks using (store_id, role, entered_on)
    left join known using (store_id, vin, expiry_month, step)

)

select * from joined
