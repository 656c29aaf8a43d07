{#
    One row per policy with its end as an expiry: stands_until_expiry is false for a policy that
    was cancelled before its last days, which expires no more; is_cancelled_late marks one
    cancelled in them.
#}
with

policies as (

    select * from {{ ref('int_policy_fold') }}

),

parameters as (

    select * from {{ ref('int_renewal_parameter_monthly') }}
    where store_id = '*'

),

judged as (

    select
        policies.* exclude (
            signed_at, vehicle_tax_amount, commission_rate, previous_policy_number
        ),
        parameters.pairing_days,
        coalesce(
            policies.cancelled_on is null
            or policies.cancelled_on
            >= policies.cover_ends_on - to_days(cast(parameters.cancelled_late_days as integer)),
            false
        ) as stands_until_expiry
    from policies
    left join parameters
        on cast(date_trunc('month', policies.cover_ends_on) as date) = parameters.expiry_month

),

marked as (

    select
        *,
        stands_until_expiry and cancelled_on is not null as is_cancelled_late
    from judged

)

select * from marked
