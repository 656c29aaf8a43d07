with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

customers as (

    select * from {{ ref('int_quality_customer') }}

),

counted as (

    select
        due.store_id,
        due.expiry_month,
        customers.is_quality_customer,

        ---------- counts
        count(*) as due_vehicles,
        count(*) filter (where due.outcome = 'renewed_here') as renewed_here,
        count(*) filter (where due.outcome = 'open') as open,
        bool_and(due.is_matured) as is_matured
    from due
    inner join customers
        on
            due.store_id = customers.store_id
            and due.vin = customers.vin
            and due.expiry_month = customers.expiry_month
    group by all

)

select * from counted
