with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

years as (

    select * from {{ ref('int_claim_free') }}

),

counted as (

    select
        due.store_id,
        due.expiry_month,
        years.claim_free_years,

        ---------- counts
        count(*) as due_vehicles,
        count(*) filter (where years.is_ended_by_claim) as ended_by_claim_vehicles,
        count(*) filter (where due.outcome = 'renewed_here') as renewed_here,
        count(*) filter (where due.outcome = 'open') as open,
        bool_and(due.is_matured) as is_matured
    from due
    inner join years
        on
            due.store_id = years.store_id
            and due.vin = years.vin
            and due.expiry_month = years.expiry_month
    group by all

)

select * from counted
