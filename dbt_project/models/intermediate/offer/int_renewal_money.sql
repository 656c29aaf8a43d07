{#
    One row per due vehicle that was renewed here: what its renewal policies of this store bring.
    Commission of which one rate is unknown is unknown.
#}
with

renewed as (

    select
        store_id,
        vin,
        expiry_month
    from {{ ref('int_due_vehicle') }}
    where outcome = 'renewed_here'

),

matches as (

    select
        vin,
        expiry_month,
        policy_id
    from {{ ref('int_due_renewal_match') }}
    where is_here

),

policies as (

    select * from {{ ref('int_policy_money') }}

),

summed as (

    select
        renewed.store_id,
        renewed.vin,
        renewed.expiry_month,
        count(*) as policies,
        sum(policies.premium_amount) filter (where policies.policy_kind = 'commercial')
            as commercial_premium_amount,
        sum(policies.premium_amount) as premium_amount,
        case
            when bool_and(policies.commission_amount is not null)
                then sum(policies.commission_amount)
        end as commission_amount
    from renewed
    inner join matches
        on renewed.vin = matches.vin and renewed.expiry_month = matches.expiry_month
    inner join policies on matches.policy_id = policies.policy_id
    group by all

),

typed as (

    select
        store_id,
        vin,
        expiry_month,
        policies,
        cast(coalesce(commercial_premium_amount, 0) as decimal(18, 2))
            as commercial_premium_amount,
        cast(premium_amount as decimal(18, 2)) as premium_amount,
        cast(commission_amount as decimal(18, 2)) as commission_amount
    from summed

)

select * from typed
