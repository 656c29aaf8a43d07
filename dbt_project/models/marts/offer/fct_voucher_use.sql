{#
    A use is what the papers say before as_of: used later, it still remains. Labour sold on one
    order with several uses is counted with the first of them.
#}
with

vouchers as (

    select * from {{ ref('stg_dms__voucher') }}

),

orders as (

    select
        order_number,
        store_id,
        opened_at,
        order_kind
    from {{ ref('stg_dms__repair_order') }}

),

gifts as (

    select
        issue_number,
        package
    from {{ ref('stg_dms__gift_issue') }}

),

judged as (

    select
        *,
        case
            when status = 'void' then 'void'
            when status = 'used' and coalesce(used_at < {{ as_of() }}, true) then 'used'
            when expires_on < {{ as_of() }} then 'expired'
            else 'remaining'
        end as state
    from vouchers

),

joined as (

    select
        judged.store_id,
        judged.voucher_number,
        judged.use_number,
        {{ pseudonym("'vin:' || judged.vin") }} as vehicle_key,
        judged.issue_number,
        gifts.package,
        judged.voucher_kind,
        judged.face_amount,
        judged.issued_on,
        judged.expires_on,
        judged.state,
        case when judged.state = 'used' then judged.used_at end as used_at,
        case when judged.state = 'used' then judged.order_number end as order_number,
        coalesce(
            judged.state = 'used' and orders.order_kind <> 'delivery_inspection', false
        ) as is_on_visit,
        case when judged.state = 'used' then judged.labour_amount end as labour_amount
    from judged
    left join gifts on judged.issue_number = gifts.issue_number
    left join orders
        on judged.order_number = orders.order_number and judged.store_id = orders.store_id

),

placed as (

    select
        *,
        row_number() over (
            partition by
                store_id, state, coalesce(order_number, voucher_number || ':' || use_number)
            order by voucher_number, use_number
        ) as place_on_order,
        state = 'used' and count(*) over (
            partition by store_id, voucher_number, state, cast(used_at as date)
        ) > 1 as is_used_at_once
    from joined

),

counted as (

    select
        * exclude (place_on_order, is_on_visit, labour_amount),
        is_on_visit and place_on_order = 1 as is_return_visit,
        case when place_on_order = 1 then labour_amount end as labour_amount
    from placed

)

select * from counted
