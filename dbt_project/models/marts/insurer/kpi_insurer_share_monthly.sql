{#
    Vehicles renewed here by the insurer of the leading renewal policy. Profit is known only where
    commission and concession are.
#}
with

due as (

    select * from {{ ref('int_due_vehicle') }}
    where outcome = 'renewed_here'

),

money as (

    select * from {{ ref('int_renewal_money') }}

),

given as (

    select
        store_id,
        vin,
        expiry_month,
        total_amount
    from {{ ref('int_concession_given') }}

),

vehicles as (

    select
        due.store_id,
        due.renewed_insurer_code as insurer_code,
        due.expiry_month,
        money.policies,
        money.premium_amount,
        money.commission_amount,
        given.total_amount as concession_amount,
        money.commission_amount - given.total_amount as profit_amount
    from due
    inner join money using (store_id, vin, expiry_month)
    left join given using (store_id, vin, expiry_month)

),

counted as (

    select
        store_id,
        insurer_code,
        expiry_month,
        count(*) as renewed_vehicles,
        cast(sum(count(*)) over month_of_store as bigint) as store_renewed_vehicles,
        cast(sum(policies) as bigint) as policies,
        cast(sum(premium_amount) as decimal(18, 2)) as premium_amount,
        cast(sum(sum(premium_amount)) over month_of_store as decimal(18, 2))
            as store_premium_amount,
        {%- for amount in ['commission', 'concession', 'profit'] %}
            count({{ amount }}_amount) as {{ amount }}_known_vehicles,
            cast(coalesce(sum({{ amount }}_amount), 0) as decimal(18, 2)) as {{ amount }}_amount,
        {%- endfor %}
        cast(coalesce(sum(policies) filter (where commission_amount is not null), 0) as bigint)
            as commission_known_policies,
        cast(coalesce(sum(policies) filter (where profit_amount is not null), 0) as bigint)
            as profit_known_policies
    from vehicles
    group by store_id, insurer_code, expiry_month
    window month_of_store as (partition by store_id, expiry_month)

),

rated as (

    select
        *,
        {{ half_up('renewed_vehicles', 'store_renewed_vehicles', 6) }} as vehicle_share,
        cast(case when store_premium_amount > 0 then {{ half_up(
            'premium_amount * 100', 'store_premium_amount * 100', 6
        ) }} end as decimal(18, 6)) as premium_share,
        {{ half_up('premium_amount * 100', 'policies * 100', 2) }} as premium_per_policy_amount,
        {{ half_up('commission_amount * 100', 'nullif(commission_known_policies, 0) * 100', 2) }}
            as commission_per_policy_amount,

        -- profit may be a loss: rounded away from zero by its size
        cast(sign(profit_amount) * {{ half_up(
            'abs(profit_amount) * 100', 'nullif(profit_known_policies, 0) * 100', 2
        ) }} as decimal(18, 2)) as profit_per_policy_amount
    from counted

)

select * from rated
