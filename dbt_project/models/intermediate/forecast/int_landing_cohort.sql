with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

parameters as (

    select * from {{ ref('int_renewal_parameter_monthly') }}

),

cohorts as (

    select
        due.store_id,
        due.expiry_month,
        bool_and(due.is_matured) as is_matured,
        (last_day(due.expiry_month) + max(parameters.window_after_days)::integer + 1)::date
            as matures_on,
        count(*) as due_vehicles,
        count(*) filter (where due.outcome = 'renewed_here') as renewed_here
    from due
    inner join parameters
        on due.store_id = parameters.store_id and due.expiry_month = parameters.expiry_month
    group by due.store_id, due.expiry_month

)

select * from cohorts
