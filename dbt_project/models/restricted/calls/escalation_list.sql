with

days as (

    select
        store_id,
        list_for_on,
        list_for_on - escalation_days::integer as since_on,
        urgent_days
    from {{ ref('int_call_list_parameter_daily') }}

),

due as (

    select * from {{ ref('int_due_vehicle') }}

),

gate as (

    select * from {{ ref('int_call_gate_judge') }}

),

staff as (

    select
        staff_id,
        max(staff_name) as staff_name
    from {{ ref('stg_dms__staff') }}
    group by all

),

found as (

    -- L68: from T-10 every open vehicle has a quote
    select
        gate.store_id,
        gate.vehicle_key,
        gate.expiry_month,
        'no_quote' as escalation,
        gate.recipient_id as staff_id,
        gate.first_expires_on - gate.urgent_days::integer as since_on,
        null as reference_number
    from gate
    anti join {{ ref('int_call_quote_match') }} as quotes on gate.vin = quotes.vin
    where gate.days_left between 0 and gate.urgent_days

    union all by name

    -- on its owner's list until the time ran out, and nobody called
    select
        gate.store_id,
        gate.vehicle_key,
        gate.expiry_month,
        'not_worked' as escalation,
        steps.owner_id as staff_id,
        steps.left_on as since_on,
        steps.step as reference_number
    from gate
    inner join {{ ref('fct_cascade_step') }} as steps using (store_id, vehicle_key, expiry_month)
    where
        steps.outcome = 'timed_out'
        and steps.days_on_owner_list > 0
        and coalesce(gate.last_contact_on < steps.entered_on, true)

    union all by name

    select
        given.store_id,
        given.vehicle_key,
        given.expiry_month,
        'not_authorised' as escalation,
        given.staff_id,
        given.given_on as since_on,
        given.concession_number as reference_number
    from {{ ref('fct_concession') }} as given
    anti join {{ ref('stg_dms__manager_decision') }} as decisions
        on
            given.concession_number = decisions.reference_number
            and decisions.subject = 'concession'
    where not given.is_authorised

    union all by name

    select
        store_id,
        vehicle_key,
        expiry_month,
        'issued_elsewhere' as escalation,
        staff_id,
        claimed_on as since_on,
        null as reference_number
    from {{ ref('fct_claimed_renewal') }}
    where state = 'issued_elsewhere'

),

final as (

    select
        days.list_for_on,
        found.*,
        staff.staff_name,
        due.customer_name,
        due.plate_number,
        due.model,
        due.first_expires_on
    from found
    inner join days using (store_id)
    inner join due using (store_id, vehicle_key, expiry_month)
    left join staff on found.staff_id = staff.staff_id
    where found.since_on between days.since_on and days.list_for_on

)

select * from final
