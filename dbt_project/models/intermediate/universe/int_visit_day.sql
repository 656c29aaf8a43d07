{#
    One row per vehicle and day with a visit: customer-paid, warranty or accident, not a
    delivery inspection.
#}
with

orders as (

    select * from {{ ref('stg_dms__repair_order') }}

),

days as (

    select
        vin,
        cast(opened_at as date) as visited_on,
        store_id
    from orders
    where order_kind in ('customer_paid', 'warranty', 'accident')
    qualify row_number() over (
        partition by vin, cast(opened_at as date) order by opened_at desc, order_number desc
    ) = 1

)

select * from days
