{#
    One row per due vehicle with its claims in the months before its freeze: by what the insurers
    sent, and at least as many as the expiring policy states. Where neither is known, nobody is
    called a quality customer or not.
#}
with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

parameters as (

    select * from {{ ref('int_renewal_parameter_monthly') }}

),

claims as (

    select * from {{ ref('stg_insurer__claim') }}
    where status in ('open', 'settled')

),

-- an insurer that sends no claims says nothing about its customers
telling as (

    select distinct insurer_code from {{ ref('stg_insurer__claim') }}

),

counted as (

    select
        due.store_id,
        due.vin,
        due.expiry_month,
        due.claims_last_year,
        due.expiring_insurer_code,
        parameters.quality_claims_at_most,
        count(claims.claim_number) as claims
    from due
    inner join parameters
        on due.store_id = parameters.store_id and due.expiry_month = parameters.expiry_month
    left join claims
        on
            due.vin = claims.vin
            and due.frozen_on > claims.accident_at
            and due.frozen_on - to_months(cast(parameters.quality_months as integer))
            <= claims.accident_at
    group by all

),

judged as (

    select
        counted.store_id,
        counted.vin,
        counted.expiry_month,
        greatest(counted.claims, coalesce(counted.claims_last_year, 0)) as claims,
        case
            when greatest(counted.claims, counted.claims_last_year) > counted.quality_claims_at_most
                then false
            when telling.insurer_code is not null or counted.claims_last_year is not null then true
        end as is_quality_customer
    from counted
    left join telling on counted.expiring_insurer_code = telling.insurer_code

)

select * from judged
