{#
    One row per workshop appointment, not cancelled, whose vehicle is due on its day or soon: from
    the first day of preparation to the end of the window, and not renewed before. Of two renewals
    the one that expires nearest.
#}
with

appointments as (

    select
        *,
        appointed_at::date as appointed_on
    from {{ ref('stg_dms__service_appointment') }}
    where status <> 'cancelled'

),

due as (

    select * from {{ ref('int_due_vehicle') }}

),

parameters as (

    select * from {{ ref('int_renewal_parameter_monthly') }}

),

matched as (

    select
        appointments.appointment_number,
        appointments.store_id,
        appointments.vin,
        appointments.staff_id,
        appointments.appointment_kind,
        appointments.appointed_at,
        appointments.appointed_on,
        appointments.status,
        due.vehicle_key,
        due.store_id as home_store_id,
        due.expiry_month,
        due.first_expires_on,
        due.outcome,
        due.renewed_on,
        (due.first_expires_on - appointments.appointed_on)::bigint as days_left
    from appointments
    inner join due on appointments.vin = due.vin
    inner join parameters
        on due.store_id = parameters.store_id and due.expiry_month = parameters.expiry_month
    where
        appointments.appointed_on
        >= due.first_expires_on - parameters.cascade_preparation_days::integer
        and appointments.appointed_on <= due.expires_on + parameters.window_after_days::integer
        and (due.renewed_on is null or due.renewed_on >= appointments.appointed_on)
    qualify row_number() over (
        partition by appointments.appointment_number
        order by
            abs(due.first_expires_on - appointments.appointed_on),
            due.expiry_month,
            due.store_id
    ) = 1

)

select * from matched
