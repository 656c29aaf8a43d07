with

lane as (

    select
        * exclude (store_id, home_store_id),
        store_id as visited_store_id,
        home_store_id as store_id
    from {{ ref('int_service_lane') }}
    where outcome = 'open' and status = 'booked'

),

days as (

    select * from {{ ref('int_call_list_parameter_daily') }}

),

due as (

    select * from {{ ref('int_due_vehicle') }}

),

quotes as (

    select * from {{ ref('int_due_quote') }}

),

years as (

    select * from {{ ref('int_claim_free') }}

),

do_not_call as (

    select * from {{ ref('int_do_not_call_bind') }}
    where coalesce(ends_on >= {{ as_of() }}, true)

),

texts as (

    select * from {{ ref('int_text_map') }}

),

listed as (

    select
        days.list_for_on,
        lane.visited_store_id as store_id,
        lane.staff_id,
        recipients.staff_id as recipient_id,
        lane.appointment_number,
        lane.appointed_at,
        lane.appointment_kind,
        lane.vin,
        lane.vehicle_key,
        lane.store_id as home_store_id,
        lane.expiry_month,
        lane.first_expires_on,
        lane.days_left,
        due.customer_name,
        due.plate_number,
        due.model,
        due.expiry_is_estimated,
        case when lane.store_id = lane.visited_store_id then due.trade_type end as trade_type,
        years.claim_free_years,
        quotes.lowest_amount as lowest_quote_amount,
        do_not_call.phone is not null as is_do_not_call,
        cases.vin is not null as has_open_case,
        case
            when lane.days_left > 0 then 'service_lane.due'
            when lane.days_left = 0 then 'service_lane.due_today'
            else 'service_lane.lapsed'
        end as due_key
    from lane
    inner join days
        on
            lane.visited_store_id = days.store_id
            and lane.appointed_on between days.list_for_on
            and days.list_for_on + days.service_lane_days::integer
    inner join due using (vin, expiry_month)
    left join quotes using (vin, expiry_month)
    left join years using (vin, expiry_month)
    left join {{ ref('int_open_case') }} as cases on lane.vin = cases.vin
    left join do_not_call on due.phone = do_not_call.phone
    left join {{ ref('list_recipient') }} as recipients
        on
            recipients.list_kind = 'service_lane'
            and lane.visited_store_id = recipients.store_id
            and lane.staff_id = recipients.staff_id

),

worded as (

    select
        listed.* exclude (due_key),
    {% for language, glue in [('zh', ';'), ('en', '; ')] -%}
        concat_ws(
            '{{ glue }}',
            replace(texts.{{ language }}[due_key], '{n}', abs(days_left)::varchar),
            texts.{{ language }}[case when expiry_is_estimated then 'call_reason.estimated' end],
            texts.{{ language }}['call_reason.' || trade_type],
            texts.{{ language }}[if(lowest_quote_amount is null, 'call_reason.unquoted', null)],
            texts.{{ language }}[case when has_open_case then 'service_lane.open_case' end],
            texts.{{ language }}[case when is_do_not_call then 'service_lane.do_not_call' end]
        ) as reason_{{ language }}{{ ',' if not loop.last }}
    {% endfor %}
    from listed
    cross join texts

)

select * from worded
