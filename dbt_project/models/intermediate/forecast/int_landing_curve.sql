{#
    One row per store, expiry month and days after its first day that are asked for: what was signed
    before that day. Asked for are tonight's place of every open month, and the days of the back-test.
#}
with

cohorts as (

    select * from {{ ref('int_landing_cohort') }}

),

signings as (

    select * from {{ ref('int_landing_signing') }}

),

horizons as (

    select * from {{ ref('int_landing_horizon_resolve') }}

),

tonight as (

    select
        store_id,
        ({{ as_of() }} - expiry_month)::bigint as days_in
    from cohorts
    where not is_matured

),

asked as (

    select
        store_id,
        days_in
    from tonight
    union
    select
        store_id,
        days_in
    from horizons

),

placed as (

    select
        cohorts.store_id,
        cohorts.expiry_month,
        asked.days_in,
        (cohorts.expiry_month + asked.days_in::integer)::date as seen_on,
        cohorts.is_matured,
        cohorts.matures_on,
        cohorts.due_vehicles,
        cohorts.renewed_here
    from cohorts
    inner join asked on cohorts.store_id = asked.store_id
    where cohorts.expiry_month + asked.days_in::integer <= {{ as_of() }}

),

counted as (

    select
        placed.*,
        coalesce(sum(signings.vehicles), 0)::bigint as renewed_by_then
    from placed
    left join signings
        on
            placed.store_id = signings.store_id
            and placed.expiry_month = signings.expiry_month
            and placed.seen_on > signings.signed_on
    group by all

)

select * from counted
