{#
    Every step of the plan has a row, also one that nobody gave; 0 stands for what is above the
    last step.
#}
with

given as (

    select * replace (coalesce(step, 0) as step)
    from {{ ref('fct_concession') }}

),

plans as (

    select * from {{ ref('int_concession_plan_monthly') }}

),

people as (

    select
        store_id,
        staff_id,
        expiry_month,
        count(*) as recorded_vehicles
    from given
    group by all

),

steps as (

    select
        store_id,
        expiry_month,
        step,
        customer_share,
        rate
    from plans
    union all
    select distinct
        store_id,
        expiry_month,
        0 as step,
        0 as customer_share,
        null as rate
    from plans

),

counted as (

    select
        store_id,
        staff_id,
        expiry_month,
        step,
        count(*) as vehicles,
        sum(total_amount) as total_amount
    from given
    group by all

),

mixed as (

    select
        people.store_id,
        people.staff_id,
        people.expiry_month,
        steps.step,
        cast(steps.rate as decimal(9, 4)) as step_rate,
        coalesce(counted.vehicles, 0) as vehicles,
        people.recorded_vehicles,
        {{ half_up('coalesce(counted.vehicles, 0)', 'people.recorded_vehicles', 6) }}
            as vehicle_share,
        cast(steps.customer_share as decimal(9, 4)) as planned_share,
        cast(coalesce(counted.total_amount, 0) as decimal(18, 2)) as total_amount
    from people
    inner join steps
        on people.store_id = steps.store_id and people.expiry_month = steps.expiry_month
    left join counted
        on
            people.store_id = counted.store_id
            and people.staff_id is not distinct from counted.staff_id
            and people.expiry_month = counted.expiry_month
            and steps.step = counted.step

)

select * from mixed
