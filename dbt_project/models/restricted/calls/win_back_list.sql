with

recipients as (

    select
        store_id,
        list(staff_id order by staff_id) as staff_ids
    from {{ ref('list_recipient') }}
    where list_kind = 'win_back'
    group by all

),

contacts as (

    select
        *,
        {{ phone_number('phone') }} as number
    from {{ ref('int_due_contact') }}

),

-- a case is about the customer, whichever vehicle it names
cases as (

    select distinct coalesce(customer_key, vehicle_key) as whose
    from {{ ref('int_open_case') }}
    inner join contacts using (vin)

),

dialled as (

    select
        phone as number,
        max(called_on) as last_contact_on,
        coalesce(
            sum(calls - valid_contacts) filter (where called_on >= {{ as_of() }} - 6), 0
        )::bigint as unanswered_in_week
    from {{ ref('int_phone_contact_day') }}
    group by all

),

-- who is called, or held back, about a vehicle of an open cohort is not called about another one
worked as (

    select distinct {{ phone_number('phone') }} as number
    from {{ ref('int_call_gate_judge') }}
    where phone is not null

),

wishes as (

    select
        phone as number,
        ends_on
    from {{ ref('int_do_not_call_bind') }}
    where coalesce(ends_on >= {{ as_of() }}, true)

),

callable as (

    select
        days.list_for_on,
        lapsed.store_id,
        {{ stable_person('recipients.staff_ids', 'contacts.vin') }} as recipient_id,
        lapsed.vehicle_key,
        contacts.customer_name,
        contacts.number as phone,
        contacts.plate_number,
        contacts.model,
        lapsed.insured_until,
        lapsed.lapsed_days,
        lapsed.last_insurer_code,
        lapsed.last_outcome,
        contacts.last_visit_on,
        dialled.last_contact_on,
        days.call_from_hour,
        days.call_until_hour,
        days.win_back_rows
    from {{ ref('fct_win_back') }} as lapsed
    inner join contacts using (vehicle_key)
    inner join {{ ref('int_call_list_parameter_daily') }} as days using (store_id)
    inner join recipients using (store_id)
    left join dialled using (number)
    anti join worked using (number)
    anti join wishes using (number)
    anti join cases on coalesce(contacts.customer_key, contacts.vehicle_key) = cases.whose
    where
        contacts.number is not null
        and days.list_for_on >= coalesce(
            dialled.last_contact_on + days.win_back_interval_days::integer, days.list_for_on
        )
        and coalesce(dialled.unanswered_in_week, 0) < days.unanswered_per_week
    qualify row_number() over (
        partition by contacts.number order by lapsed.lapsed_days, lapsed.vehicle_key
    ) = 1

),

ranked as (

    select
        * exclude (win_back_rows),
        row_number() over (
            partition by store_id, recipient_id
            order by last_visit_on desc nulls last, lapsed_days asc, vehicle_key asc
        ) as sequence_number
    from callable
    qualify sequence_number <= win_back_rows

)

select * from ranked
