{{ config(materialized='view') }}

{#
    One row per due vehicle whose customer told of cover elsewhere that started in the window:
    renewed elsewhere, known from the customer and not from an insurer.
#}
with

homes as (

    select * from {{ ref('int_due_home') }}

),

told as (

    select * from {{ ref('int_known_policy_union') }}

),

parameters as (

    select * from {{ ref('int_renewal_parameter_monthly') }}

),

matched as (

    select
        homes.vin,
        homes.expiry_month,
        told.reported_on,
        told.insurer_name,
        told.source_record
    from homes
    inner join parameters
        on homes.store_id = parameters.store_id and homes.expiry_month = parameters.expiry_month
    inner join told
        on
            homes.vin = told.vin
            and homes.source_record <> told.source_record
            and told.expires_on
            > homes.expires_on + to_days(cast(parameters.pairing_days as integer))
            and told.cover_starts_on between
            homes.expires_on - to_days(cast(parameters.window_before_days as integer))
            and homes.expires_on + to_days(cast(parameters.window_after_days as integer))
    qualify row_number() over (
        partition by homes.vin, homes.expiry_month order by told.reported_on, told.source_record
    ) = 1

)

select * from matched
