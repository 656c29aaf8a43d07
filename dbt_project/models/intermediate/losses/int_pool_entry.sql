{#
    One row per due vehicle that entered the pool before as_of and had not renewed by then, with its
    first contact in the first week: a valid contact by phone, or an answer on a returned list.
#}
with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

parameters as (

    select
        store_id,
        effective_from,
        effective_to,
        max(value) filter (where parameter = 'pool_entry_days')::integer as pool_entry_days,
        max(value) filter (where parameter = 'first_week_days')::integer as first_week_days
    from {{ ref('int_call_list_parameter_resolve') }}
    where parameter in ('pool_entry_days', 'first_week_days')
    group by all

),

phone_days as (

    select * from {{ ref('int_phone_contact_day') }}
    where valid_contacts > 0

),

results as (

    select * from {{ ref('int_call_result_match') }}
    where effect <> 'no_contact'

),

-- who renewed before the day is nobody's to answer
entered as (

    select
        due.store_id,
        due.vin,
        due.expiry_month,
        due.phone,
        (due.first_expires_on - parameters.pool_entry_days)::date as entered_on,
        (due.first_expires_on - parameters.pool_entry_days + parameters.first_week_days)::date
            as week_ends_before
    from due
    inner join parameters
        on
            due.store_id = parameters.store_id
            and due.first_expires_on
            between parameters.effective_from and parameters.effective_to
    where
        due.first_expires_on - parameters.pool_entry_days < {{ as_of() }}
        and coalesce(due.renewed_on >= due.first_expires_on - parameters.pool_entry_days, true)

),

contacts as (

    select
        entered.vin,
        entered.expiry_month,
        phone_days.called_on
    from entered
    inner join phone_days
        on
            entered.phone = phone_days.phone
            and entered.entered_on <= phone_days.called_on
            and entered.week_ends_before > phone_days.called_on

    union all

    select
        entered.vin,
        entered.expiry_month,
        results.called_on
    from entered
    inner join results
        on
            entered.vin = results.vin
            and entered.entered_on <= results.called_on
            and entered.week_ends_before > results.called_on

),

first_contacts as (

    select
        vin,
        expiry_month,
        min(called_on) as called_on
    from contacts
    group by all

),

joined as (

    select
        entered.* exclude (phone),
        first_contacts.called_on as first_contacted_on
    from entered
    left join first_contacts using (vin, expiry_month)

)

select * from joined
