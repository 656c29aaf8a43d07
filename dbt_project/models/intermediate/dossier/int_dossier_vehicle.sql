{{ config(materialized='view') }}

{#
    One row per store and vehicle with its people: owner (DMS), insured (expiring policy) and who brought it to the
    workshop last; and the renewal that the dossier shows: the open one, else the last.
#}
with

universe as (

    select * from {{ ref('int_due_universe') }}

),

vehicles as (

    select * from {{ ref('int_vehicle_merge') }}

),

policies as (

    select
        policy_id,
        insured_name,
        insured_phone
    from {{ ref('int_policy_expire') }}

),

orders as (

    select * from {{ ref('stg_dms__repair_order') }}

),

shown as (

    select
        *,
        status = 'in' and outcome = 'open' as is_open
    from universe
    qualify row_number() over (
        partition by store_id, vin
        order by
            status = 'in' and outcome = 'open' desc,
            case when status = 'in' and outcome = 'open' then expires_on end asc,
            expires_on desc,
            expiry_month desc
    ) = 1

),

senders as (

    select
        vin,
        sender_name,
        sender_phone
    from orders
    where sender_name is not null or sender_phone is not null
    qualify row_number() over (partition by vin order by opened_at desc, order_number desc) = 1

),

joined as (

    select
        shown.* exclude (assigned_on, phone, customer_name),
        vehicles.customer_name as owner_name,
        coalesce(vehicles.phone, shown.phone) as phone,
        case when vehicles.second_phone <> vehicles.phone then vehicles.second_phone end
            as second_phone,
        vehicles.city,
        vehicles.data_origin,
        vehicles.sold_on,
        vehicles.selling_store_id,
        vehicles.is_financed,
        vehicles.list_price_amount,
        policies.insured_name,
        policies.insured_phone,
        senders.sender_name,
        senders.sender_phone
    from shown
    left join vehicles on shown.vin = vehicles.vin
    left join policies on shown.source_record = policies.policy_id
    left join senders on shown.vin = senders.vin

)

select * from joined
