{#
    One row per store and vehicle with what its customer may still use: vouchers, and services of
    the covers in force.
#}
with

contacts as (

    select
        vin,
        vehicle_key
    from {{ ref('int_due_contact') }}

),

vouchers as (

    select * from {{ ref('fct_voucher_use') }}
    where state = 'remaining'

),

due as (

    select * from {{ ref('int_entitlement_due') }}
    where {{ as_of() }} between cover_starts_on and cover_ends_on

),

uses as (

    select
        term_id,
        entitlement,
        count(*) as used
    from {{ ref('int_entitlement_use_judge') }}
    where verdict = 'entitled'
    group by all

),

benefits as (

    select
        vouchers.store_id,
        contacts.vin,
        1 as voucher_uses_left,
        vouchers.face_amount as voucher_amount_left,
        0 as service_uses_left
    from vouchers
    inner join contacts on vouchers.vehicle_key = contacts.vehicle_key

    union all

    select
        due.store_id,
        due.vin,
        0 as voucher_uses_left,
        0 as voucher_amount_left,
        greatest(due.uses - coalesce(uses.used, 0), 0) as service_uses_left
    from due
    left join uses on due.term_id = uses.term_id and due.entitlement = uses.entitlement

),

summed as (

    select
        store_id,
        vin,
        sum(voucher_uses_left)::bigint as voucher_uses_left,
        sum(voucher_amount_left)::decimal(18, 2) as voucher_amount_left,
        sum(service_uses_left)::bigint as service_uses_left
    from benefits
    group by all

)

select * from summed
