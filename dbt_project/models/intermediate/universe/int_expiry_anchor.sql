{{ config(materialized='view') }}
{#
    One row per day from which a vehicle's expiry can be told: the end of a policy, a cancelled
    policy's end, an end the customer told, first registration or sale. next_starts_on is the
    day cover would start again; first_roll is 0 where the end itself is an estimate, 1 where
    only its anniversaries are. next_anchor_* describe the vehicle's next known cover.
#}
with

terms as (

    select * from {{ ref('int_policy_term') }}

),

policies as (

    select * from {{ ref('int_policy_expire') }}

),

told as (

    select * from {{ ref('int_known_policy_union') }}

),

vehicles as (

    select * from {{ ref('int_vehicle_merge') }}

),

-- commercial governs here too: a cancelled compulsory policy counts only without a cancelled
-- commercial one near it
cancelled as (

    select policies.* from policies
    anti join policies as commercial
        on
            policies.vin = commercial.vin
            and policies.policy_kind = 'compulsory'
            and commercial.policy_kind = 'commercial'
            and not commercial.stands_until_expiry
            and abs(date_diff('day', commercial.cover_ends_on, policies.cover_ends_on))
            <= policies.pairing_days
    where not policies.stands_until_expiry

),

anchors as (

    select
        vin,
        'policy' as basis,
        1 as first_roll,
        expires_on,
        cover_starts_on,
        cast(expires_on + interval 1 day as date) as next_starts_on,
        known_on,
        term_id as source_record
    from terms

    union all

    select
        vin,
        'cancelled_policy' as basis,
        0 as first_roll,
        cover_ends_on as expires_on,
        cover_starts_on,
        cast(cover_ends_on + interval 1 day as date) as next_starts_on,
        known_on,
        policy_id as source_record
    from cancelled

    union all

    select
        vin,
        'told' as basis,
        0 as first_roll,
        expires_on,
        cover_starts_on,
        cast(expires_on + interval 1 day as date) as next_starts_on,
        reported_on as known_on,
        source_record
    from told

    union all

    select
        vin,
        case when first_registered_on is not null then 'registration' else 'sale' end as basis,
        1 as first_roll,
        cast(coalesce(first_registered_on, sold_on) - interval 1 day as date) as expires_on,
        cast(coalesce(first_registered_on, sold_on) - interval 1 year as date) as cover_starts_on,
        coalesce(first_registered_on, sold_on) as next_starts_on,
        least(created_on, sold_on) as known_on,
        'vehicle:' || vin as source_record
    from vehicles
    where coalesce(first_registered_on, sold_on) is not null

),

ordered as (

    select
        *,
        lead(cover_starts_on) over (
            partition by vin order by expires_on, known_on, basis, source_record
        ) as next_anchor_starts_on,
        lead(known_on) over (
            partition by vin order by expires_on, known_on, basis, source_record
        ) as next_anchor_known_on
    from anchors

)

select * from ordered
