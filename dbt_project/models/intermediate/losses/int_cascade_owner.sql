{#
    One row per due vehicle and step with its owner: the consultant who sold the car, the advisor of
    the last visit before the step began, else the owner of the book. Only who holds that role in the
    store on the day the step begins can own it.
#}
with

steps as (

    select * from {{ ref('int_cascade_step') }}

),

staff as (

    select * from {{ ref('stg_dms__staff') }}

),

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

),

owned as (

    select
        steps.store_id,
        steps.vin,
        steps.expiry_month,
        steps.step,
        met.staff_id
    from steps
    inner join met
        on
            steps.vin = met.vin
            and steps.role = met.role
            and steps.entered_on > met.happened_at
    inner join staff
        on
            met.staff_id = staff.staff_id
            and met.role = staff.role
            and steps.store_id = staff.store_id
            and steps.entered_on
            between staff.valid_from and coalesce(staff.valid_to, steps.entered_on)
    qualify row_number() over (
        partition by steps.store_id, steps.vin, steps.expiry_month, steps.step
        order by met.happened_at desc, met.number_of_it desc
    ) = 1

),

joined as (

    select
        steps.* exclude (book_owner),
        coalesce(owned.staff_id, steps.book_owner) as owner_id
    from steps
    left join owned
        on
            steps.store_id = owned.store_id
            and steps.vin = owned.vin
            and steps.expiry_month = owned.expiry_month
            and steps.step = owned.step

)

select * from joined
