{#
    One row per vehicle in preparation (§6: T-60 to T-41) whose customer agreed to messages. The newest
    decision about the number and the newest about all numbers both must allow it; a wish not to be
    called, a refusal, an open case of the customer and a message of the last days stop it.
#}
with

gate as (

    select * from {{ ref('int_call_gate_judge') }}
    where
        phone is not null
        and not is_do_not_call
        and not is_complaint_open
        and not is_dispute_open
        and last_effect is distinct from 'refused'
        and last_effect is distinct from 'lost'

),

turns as (

    select * from {{ ref('int_cascade_position') }}
    where step = 'preparation' and entered_on <= list_for_on

),

due as (

    select * from {{ ref('int_due_vehicle') }}
    where not expiry_is_estimated

),

decisions as (

    select
        *,
        {{ phone_number('phone') }} as number
    from {{ ref('stg_dms__consent') }}
    where purpose = 'message'
    qualify row_number() over (
        partition by customer_id, {{ phone_number('phone') }}
        order by decided_on desc, is_given asc, ends_on asc nulls last, consent_number desc
    ) = 1

),

sent as (

    select
        phone,
        max(list_for_on) as sent_on
    from {{ archive('message') }}
    group by all

),

reachable as (

    select
        gate.list_for_on,
        gate.store_id,
        gate.vin,
        gate.vehicle_key,
        gate.expiry_month,
        gate.phone,
        gate.days_left,
        due.customer_id,
        due.customer_name,
        due.plate_number,
        due.model,
        due.first_expires_on,
        parameters.call_from_hour,
        parameters.call_until_hour,
        parameters.message_interval_days::integer as interval_days
    from gate
    inner join turns using (store_id, vin, expiry_month)
    inner join due using (store_id, vin, expiry_month)
    inner join {{ ref('int_call_list_parameter_daily') }} as parameters using (store_id)

),

agreed as (

    select
        reachable.vin,
        max(decisions.consent_number) as consent_number
    from reachable
    inner join decisions
        on
            reachable.customer_id = decisions.customer_id
            and coalesce(decisions.number = {{ phone_number('reachable.phone') }}, true)
    group by all
    having
        bool_and(
            decisions.is_given
            and coalesce(decisions.ends_on >= reachable.list_for_on, true)
        )

),

final as (

    select
        reachable.* exclude (interval_days, customer_id),
        agreed.consent_number
    from reachable
    inner join agreed using (vin)
    left join sent using (phone)
    where
        coalesce(sent.sent_on + reachable.interval_days <= reachable.list_for_on, true)
    qualify row_number() over (
        partition by reachable.phone order by reachable.first_expires_on, reachable.vin
    ) = 1

)

select * from final
