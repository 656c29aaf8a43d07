{{ config(materialized='view') }}

{#
    One row per candidate with what stops calls to a person or a number whatever the vehicle: open cases of the
    customer, be they about another vehicle, and unanswered calls to the number in seven days, over all staff and stores.
    number_free_on is the first day on which the seven days before it hold fewer than unanswered_per_week.
#}
with

candidates as (

    select * from {{ ref('int_call_candidate_select') }}

),

contacts as (

    select * from {{ ref('int_call_contact_summarize') }}

),

parameters as (

    select * from {{ ref('int_call_list_parameter_daily') }}

),

phone_days as (

    select * from {{ ref('int_phone_contact_day') }}
    where calls > valid_contacts

),

cases as (

    select * from {{ ref('int_open_case') }}

),

vehicles as (

    select
        vin,
        customer_store_id,
        customer_id
    from {{ ref('int_vehicle_merge') }}
    where customer_id is not null

),

customers as (

    select
        vehicles.customer_store_id,
        vehicles.customer_id,
        sum(cases.open_complaints) as open_complaints,
        sum(cases.open_disputes) as open_disputes
    from cases
    inner join vehicles using (vin)
    group by all

),

attempts as (

    select
        candidates.vin,
        phone_days.called_on,
        parameters.unanswered_per_week,
        sum(phone_days.calls - phone_days.valid_contacts) over (
            partition by candidates.vin
            order by phone_days.called_on desc
        ) as unanswered_since
    from candidates
    inner join contacts on candidates.vin = contacts.vin
    inner join parameters on candidates.store_id = parameters.store_id
    inner join phone_days
        on
            contacts.phone = phone_days.phone
            and phone_days.called_on between candidates.list_for_on - 6
            and candidates.list_for_on - 1

),

numbers as (

    select
        vin,
        max(unanswered_since) as unanswered_in_week,
        max(called_on) filter (where unanswered_since >= unanswered_per_week) + 7 as number_free_on
    from attempts
    group by all

),

final as (

    select
        candidates.vin,
        coalesce(cases.open_complaints, 0) + coalesce(customers.open_complaints, 0) > 0
            as has_open_complaint,
        coalesce(cases.open_disputes, 0) + coalesce(customers.open_disputes, 0) > 0
            as has_open_dispute,
        coalesce(numbers.unanswered_in_week, 0) as unanswered_in_week,
        numbers.number_free_on
    from candidates
    left join cases on candidates.vin = cases.vin
    left join vehicles on candidates.vin = vehicles.vin
    left join customers
        on
            vehicles.customer_store_id = customers.customer_store_id
            and vehicles.customer_id = customers.customer_id
    left join numbers on candidates.vin = numbers.vin

)

select * from final
