{#
    One row per due vehicle that was lost, or whose newest word is that it is: known on the day of
    that word, else on the day it was renewed elsewhere, else cancelled, else on the last day of its
    window.
#}
with

due as (

    select * from {{ ref('int_due_vehicle') }}
    where outcome <> 'renewed_here'

),

told as (

    select * from {{ ref('int_due_told_renewal') }}

),

parameters as (

    select * from {{ ref('int_renewal_parameter_monthly') }}

),

quotes as (

    select * from {{ ref('int_due_quote') }}

),

-- cancelled in its last days without proof: lost from then on
cancelled as (

    select
        vin,
        expires_on,
        min(cancelled_on) as cancelled_on
    from {{ ref('int_policy_term') }}
    where is_cancelled_late
    group by all

),

-- the last word per vehicle and month
stated as (

    select * from {{ ref('int_call_result_match') }}
    where effect in ('lost', 'refused')
    qualify row_number() over (
        partition by store_id, vin, expiry_month
        order by called_on desc, list_id desc, row_id asc
    ) = 1

),

answered as (

    select
        store_id,
        vin,
        expiry_month,
        min(called_on) as first_answered_on
    from {{ ref('int_call_result_match') }}
    where effect = 'contact'
    group by all

),

gathered as (

    select
        due.store_id,
        due.vin,
        due.vehicle_key,
        due.expiry_month,
        due.segment,
        due.outcome,
        stated.called_on as stated_on,
        stated.staff_id,
        stated.effect,
        stated.loss_reason,
        stated.reason_group,
        coalesce(stated.quoted_amount, stated.competitor_amount) is not null as is_price_given,
        coalesce(
            stated.called_on,
            due.renewed_on,
            told.reported_on,
            cancelled.cancelled_on,
            due.expires_on + parameters.window_after_days::integer
        )::date as lost_on,
        quotes.first_quoted_at,
        answered.first_answered_on
    from due
    inner join parameters
        on due.store_id = parameters.store_id and due.expiry_month = parameters.expiry_month
    left join stated
        on
            due.store_id = stated.store_id
            and due.vin = stated.vin
            and due.expiry_month = stated.expiry_month
    left join cancelled on due.vin = cancelled.vin and due.expires_on = cancelled.expires_on
    left join told
        on due.vin = told.vin and due.expiry_month = told.expiry_month
    left join quotes
        on
            due.store_id = quotes.store_id
            and due.vin = quotes.vin
            and due.expiry_month = quotes.expiry_month
    left join answered
        on
            due.store_id = answered.store_id
            and due.vin = answered.vin
            and due.expiry_month = answered.expiry_month
    where due.outcome <> 'open' or stated.vin is not null

)

select * from gathered
