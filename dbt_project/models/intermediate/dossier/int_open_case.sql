{#
    One row per vehicle with a complaint or a dispute about a claim that is open on as_of. A complaint that names no
    vehicle is about all vehicles of its customer.
#}
with

complaints as (

    select * from {{ ref('stg_dms__complaint') }}
    where coalesce(closed_at >= {{ as_of() }}, true)

),

vehicles as (

    select
        vin,
        customer_id
    from {{ ref('int_vehicle_merge') }}
    where customer_id is not null

),

claims as (

    select * from {{ ref('stg_insurer__claim') }}
    where
        dispute_opened_on < {{ as_of() }}
        and coalesce(dispute_closed_on >= {{ as_of() }}, true)

),

cases as (

    select
        coalesce(complaints.vin, vehicles.vin) as vin,
        'complaint:' || complaints.complaint_number as complaint,
        null as dispute
    from complaints
    left join vehicles
        on complaints.vin is null and complaints.customer_id = vehicles.customer_id

    union all

    select
        vin,
        null as complaint,
        insurer_code || ':' || claim_number as dispute
    from claims

),

counted as (

    select
        vin,
        count(complaint) as open_complaints,
        count(dispute) as open_disputes
    from cases
    where vin is not null
    group by all

)

select * from counted
