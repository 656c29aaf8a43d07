{{ config(materialized='view') }}

{# Who of the store met the customer, as what: sold the car, or opened a repair order. #}
with

sales as (

    select
        vin,
        staff_id,
        sold_on::timestamp as happened_at,
        sale_number as number_of_it,
        'sales_consultant' as role
    from {{ ref('stg_dms__vehicle_sale') }}
    where staff_id is not null

),

visits as (

    select
        vin,
        staff_id,
        opened_at as happened_at,
        order_number as number_of_it,
        'service_advisor' as role
    from {{ ref('stg_dms__repair_order') }}
    where
        staff_id is not null
        and order_kind in ('customer_paid', 'warranty', 'accident')

),

met as (

    select * from sales
    union all
    select * from visits

)

select * from met
