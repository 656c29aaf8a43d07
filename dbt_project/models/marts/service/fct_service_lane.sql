with

lane as (

    select * from {{ ref('int_service_lane') }}

),

quotes as (

    select * from {{ ref('int_due_quote') }}

),

judged as (

    select
        lane.store_id,
        {{ pseudonym("'appointment:' || lane.appointment_number") }} as appointment_key,
        lane.vehicle_key,
        lane.home_store_id,
        lane.expiry_month,
        lane.staff_id,
        lane.appointment_kind,
        lane.appointed_at,
        lane.days_left,
        case when lane.appointed_at >= {{ as_of() }} then 'ahead' else lane.status end as status,
        coalesce(quotes.last_quoted_at >= lane.appointed_on, false) as is_quoted_since,
        lane.outcome = 'renewed_here' as is_renewed_since,
        lane.outcome
    from lane
    left join quotes
        on
            lane.home_store_id = quotes.store_id
            and lane.vin = quotes.vin
            and lane.expiry_month = quotes.expiry_month

)

select * from judged
