with

due as (

    select * from {{ ref('fct_due_vehicle') }}
    where outcome = 'renewed_here'

),

given as (

    select * from {{ ref('fct_concession') }}

),

plans as (

    select * from {{ ref('int_concession_plan_monthly') }}
    where step = 1

),

-- who gave it; of a renewal without a record, who owns the book
vehicles as (

    select
        given.* exclude (store_id, vehicle_key, expiry_month, staff_id),
        due.store_id,
        due.expiry_month,
        given.concession_number is not null as is_recorded,
        case when given.concession_number is null then due.book_owner else given.staff_id end
            as staff_id
    from due
    left join given
        on
            due.store_id = given.store_id
            and due.vehicle_key = given.vehicle_key
            and due.expiry_month = given.expiry_month

),

counted as (

    select
        store_id,
        staff_id,
        expiry_month,
        count(*) as renewed_here,
        count(*) filter (where is_recorded) as recorded_vehicles,
        count(*) filter (where not is_recorded) as unknown_vehicles,
        cast(coalesce(sum(total_rate), 0) as decimal(18, 6)) as rate_sum,
        {%- for amount in ['given_amount', 'gift_cost_amount', 'total_amount',
            'commercial_premium_amount'] %}
            cast(coalesce(sum({{ amount }}), 0) as decimal(18, 2)) as {{ amount }},
        {%- endfor %}
        count(*) filter (where is_above_ceiling) as above_ceiling_vehicles,
        count(*) filter (where authorisation = 'approved_late') as approved_late_vehicles,
        count(*) filter (where not is_authorised) as unauthorised_vehicles,
        cast(coalesce(sum(total_amount) filter (where not is_authorised), 0) as decimal(18, 2))
            as unauthorised_amount,
        count(*) filter (where is_given_without_need) as unneeded_vehicles,
        cast(
            coalesce(sum(total_amount) filter (where is_given_without_need), 0)
            as decimal(18, 2)
        ) as unneeded_amount
    from vehicles
    group by all

),

rated as (

    select
        counted.store_id,
        counted.staff_id,
        counted.expiry_month,
        counted.renewed_here,
        counted.recorded_vehicles,
        counted.unknown_vehicles,
        counted.rate_sum,
        {{ half_up('rate_sum * 1000000', 'nullif(recorded_vehicles, 0) * 1000000', 6) }}
            as average_rate,
        plans.average_rate as planned_average_rate,
        counted.given_amount,
        counted.gift_cost_amount,
        counted.total_amount,
        counted.commercial_premium_amount,
        {{ half_up('total_amount * 100', 'nullif(commercial_premium_amount, 0) * 100', 6) }}
            as average_rate_by_premium,
        counted.above_ceiling_vehicles,
        counted.approved_late_vehicles,
        counted.unauthorised_vehicles,
        counted.unauthorised_amount,
        counted.unneeded_vehicles,
        counted.unneeded_amount
    from counted
    left join plans
        on counted.store_id = plans.store_id and counted.expiry_month = plans.expiry_month

)

select * from rated
