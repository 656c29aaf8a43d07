{#
    One row per due vehicle that was renewed here, with the step in which it was won and by whom. A step
    whose person is unknown or no longer there leaves the win with the book's owner.
#}
with

stepped as (

    select * from {{ ref('int_renewal_step') }}

),

staff as (

    select * from {{ ref('stg_dms__staff') }}

),

sellers as (

    select
        store_id,
        vin,
        staff_id

    from {{ ref('stg_dms__vehicle_sale') }}
    qualify row_number() over (
        partition by store_id, vin order by sold_on desc, sale_number desc
    ) = 1

),

advisors as (

    select
        stepped.store_id,
        stepped.vin,
        stepped.expiry_month,
        orders.staff_id

    from stepped
    inner join {{ ref('stg_dms__repair_order') }} as orders
        on
            stepped.store_id = orders.store_id
            and stepped.vin = orders.vin
            and orders.order_kind <> 'delivery_inspection'
            and orders.opened_at < stepped.renewed_on + interval 1 day
    where stepped.role = 'service_advisor'
    qualify row_number() over (
        partition by stepped.store_id, stepped.vin, stepped.expiry_month
        order by orders.opened_at desc, orders.order_number desc
    ) = 1

),

placed as (

    select
        stepped.*,
        case stepped.role
            when 'sales_consultant' then sellers.staff_id
            when 'service_advisor' then advisors.staff_id
        end as step_staff

    from stepped
    left join sellers on stepped.store_id = sellers.store_id and stepped.vin = sellers.vin
    left join
        advisors
        on
            stepped.store_id = advisors.store_id
            and stepped.vin = advisors.vin
            and stepped.expiry_month = advisors.expiry_month

),

won as (

    select
        placed.* exclude (role, step, step_staff),
        placed.step as won_by_step,
        coalesce(staff.role, 'renewal_specialist') as won_by_role,
        coalesce(staff.staff_id, placed.book_owner) as won_by_staff

    from placed
    left join
        staff
        on
            placed.store_id = staff.store_id
            and placed.role = staff.role
            and placed.step_staff = staff.staff_id
            and placed.renewed_on >= staff.valid_from
            and placed.renewed_on <= coalesce(staff.valid_to, date '9999-12-31')
    qualify row_number() over (
        partition by placed.store_id, placed.vin, placed.expiry_month
        order by staff.valid_from desc
    ) = 1

)

select * from won
