{{ config(materialized='view') }}

{#
    One row per vehicle and expiry month with what decides its segment and trade type, as known on ref_on.
    Nothing dated on or after ref_on is looked at.
#}
with

homes as (

    select * from {{ ref('int_due_home') }}

),

terms as (

    select * from {{ ref('int_policy_term') }}

),

vehicles as (

    select * from {{ ref('int_vehicle_merge') }}

),

stores as (

    select * from {{ ref('int_store_list') }}

),

told as (

    select * from {{ ref('int_known_policy_union') }}

),

first_issued as (

    select
        vin,
        issuing_store_id,
        min(signed_on) as first_signed_on
    from {{ ref('int_policy_expire') }}
    where issuing_store_id is not null
    group by all

),

facts as (

    select
        homes.vin,
        homes.store_id,
        homes.expiry_month,
        homes.last_visit_before_ref_on,
        coalesce(
            homes.store_id in (terms.issuing_store_id, terms.compulsory_issuing_store_id)
            and (terms.cancelled_on is null or terms.cancelled_on >= homes.ref_on),
            false
        ) as was_insured_here_last_year,
        coalesce(terms.business_type = 'new_car', false) as was_new_car_policy,
        coalesce(
            (
                terms.term_id is not null
                and (terms.cancelled_on is null or terms.cancelled_on >= homes.ref_on)
            )
            or (homes.basis = 'told' and homes.rolls = 0 and told.insurer_name is not null),
            false
        ) as is_policy_known,
        coalesce(
            case
                when coalesce(vehicles.plate_number, terms.plate_number) is not null
                    then len(list_filter(
                        string_split(stores.plate_prefixes, ';'),
                        lambda prefix: starts_with(
                            coalesce(vehicles.plate_number, terms.plate_number), prefix
                        )
                    )) > 0
            end,
            vehicles.city = stores.city
        ) as is_local,
        homes.last_visit_before_ref_on >= homes.service_since_on as has_recent_service,
        coalesce(first_issued.first_signed_on < homes.ref_on, false) as was_insured_here_before
    from homes
    left join terms on homes.term_id = terms.term_id
    left join vehicles on homes.vin = vehicles.vin
    left join stores on homes.store_id = stores.store_id
    left join told on homes.source_record = told.source_record
    left join first_issued
        on homes.vin = first_issued.vin and homes.store_id = first_issued.issuing_store_id

)

select * from facts
