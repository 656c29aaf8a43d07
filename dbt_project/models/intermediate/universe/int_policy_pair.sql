{{ config(materialized='view') }}

{#
    One row per expiry of a vehicle known from a policy: the commercial policy, which governs
    the month, with the compulsory policy that ends nearest to it; a compulsory policy with no
    commercial one near it stands alone.
#}
with

policies as (

    select * from {{ ref('int_policy_expire') }}
    where stands_until_expiry

),

commercial as (

    select * from policies
    where policy_kind = 'commercial'

),

compulsory as (

    select * from policies
    where policy_kind = 'compulsory'

),

-- each compulsory policy goes with the commercial policy that ends nearest
near as (

    select
        compulsory.policy_id as compulsory_id,
        commercial.policy_id as commercial_id,
        abs(date_diff('day', commercial.cover_ends_on, compulsory.cover_ends_on)) as days_apart
    from compulsory
    inner join commercial
        on
            compulsory.vin = commercial.vin
            and abs(date_diff('day', commercial.cover_ends_on, compulsory.cover_ends_on))
            <= compulsory.pairing_days
    qualify row_number() over (
        partition by compulsory.policy_id
        order by days_apart, commercial.cover_ends_on, commercial.policy_id
    ) = 1

),

-- and each commercial policy with the nearest of those
nearest as (

    select * from near
    qualify row_number() over (partition by commercial_id order by days_apart, compulsory_id) = 1

),

paired as (

    select
        commercial.policy_id as governing_id,
        commercial.policy_id as commercial_id,
        nearest.compulsory_id
    from commercial
    left join nearest on commercial.policy_id = nearest.commercial_id

    union all

    select
        compulsory.policy_id as governing_id,
        null as commercial_id,
        compulsory.policy_id as compulsory_id
    from compulsory
    left join near on compulsory.policy_id = near.compulsory_id
    where near.compulsory_id is null

)

select * from paired
