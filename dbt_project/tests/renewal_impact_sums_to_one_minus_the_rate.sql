{# Per store, month and grouping: what the groups did not renew is what the store did not renew. #}
with

impact as (

    select
        store_id,
        expiry_month,
        grouping,
        sum(not_renewed) as not_renewed,
        min(store_due_vehicles) as due_vehicles
    from {{ ref('kpi_renewal_impact_monthly') }}
    group by all

),

rate as (

    select
        store_id,
        expiry_month,
        sum(due_vehicles) as due_vehicles,
        sum(due_vehicles - renewed_here) as not_renewed
    from {{ ref('kpi_renewal_rate_monthly') }}
    group by all

)

select * from impact
full outer join rate using (store_id, expiry_month)
where
    impact.not_renewed is distinct from rate.not_renewed
    or impact.due_vehicles is distinct from rate.due_vehicles
