{{ config(materialized='view') }}

{#
    One row per due vehicle with proof that it is gone: scrapped, or transferred after the
    expiring policy (or, for an estimate, after what the estimate rests on and the last sale),
    by the end of the window.
#}
with

homes as (

    select * from {{ ref('int_due_home') }}

),

changes as (

    select * from {{ ref('stg_dms__ownership_change') }}

),

vehicles as (

    select * from {{ ref('int_vehicle_merge') }}

),

parameters as (

    select * from {{ ref('int_renewal_parameter_monthly') }}

),

proven as (

    select
        homes.vin,
        homes.expiry_month,
        changes.change_kind,
        changes.changed_on,
        changes.change_number
    from homes
    inner join changes on homes.vin = changes.vin
    inner join parameters
        on homes.store_id = parameters.store_id and homes.expiry_month = parameters.expiry_month
    left join vehicles on homes.vin = vehicles.vin
    where
        changes.changed_on
        <= homes.expires_on + to_days(cast(parameters.window_after_days as integer))
        and (
            changes.change_kind = 'scrapped'
            or changes.changed_on > greatest(
                homes.known_on,
                case when homes.term_id is null then vehicles.sold_on end
            )
        )
    qualify row_number() over (
        partition by homes.vin, homes.expiry_month
        order by
            (changes.change_kind = 'scrapped') desc,
            changes.changed_on asc,
            changes.change_number asc
    ) = 1

)

select * from proven
