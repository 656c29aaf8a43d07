with

gate as (

    select * from {{ ref('int_call_gate_judge') }}

),

candidates as (

    select * from {{ ref('int_call_candidate_select') }}

),

quotes as (

    select * from {{ ref('int_call_quote_match') }}

),

people as (

    select
        vin,
        vehicle_key,
        step,
        customer_name,
        plate_number,
        model,
        trade_type,
        segment,
        expiry_is_estimated,
        first_registered_on,
        first_expires_on,
        commercial_expires_on,
        compulsory_expires_on,
        expiring_insurer_code,
        expiring_premium_amount,
        expiring_covers,
        claims_last_year,
        last_visit_on

    from candidates

),

callable as (

    select
        gate.store_id,
        strftime({{ as_of() }}, '%Y%m%d') || '-' || gate.store_id || '-' || gate.recipient_id
            as list_id,
        gate.list_for_on,
        gate.recipient_id as staff_id,
        gate.recipient_role as role,
        gate.vin,
        gate.expiry_month,
        gate.phone,
        gate.days_left,
        gate.last_result,
        gate.last_effect,
        gate.last_result_on,
        gate.promised_on,
        gate.is_promised,
        gate.last_contact_on,
        gate.is_last_contact_answered,
        gate.last_reason_group,
        gate.feedback_zh,
        gate.feedback_en,
        people.* exclude (vin),
        quotes.quoted_amount,
        quotes.quote_change_rate,
        worth.* exclude (vin),
        case
            when gate.is_promised then 'promised'
            when gate.days_left between 0 and gate.urgent_days then 'last_10_days'
            when gate.days_left < 0 then 'overdue'
            else 'normal'
        end as urgency

    from gate
    inner join people on gate.vin = people.vin
    inner join {{ ref('int_call_value') }} as worth on gate.vin = worth.vin
    left join quotes on gate.vin = quotes.vin
    where gate.suppressed_by is null

),

-- promised, last 10 days, lapsed, each by days left; then by expected value; never by chance
ordered as (

    select
        *,
        row_number() over (
            partition by list_id
            order by
                case urgency
                    when 'promised' then 1
                    when 'last_10_days' then 2
                    when 'overdue' then 3
                    else 4
                end,
                if(urgency = 'normal', 0, days_left) asc,
                expected_value_amount desc nulls last,
                days_left asc,
                expiring_premium_amount desc nulls last,
                vehicle_key asc
        ) as sequence_number,
        -- the letter: hexadecimal digits alone may look like a number, 1e2345678901 to Excel
        'r' || left(
            {{ pseudonym("list_id || ':' || vin || ':' || expiry_month::varchar") }}, 12
        ) as row_id

    from callable

)

select * from ordered
