with

logged as (

    select * from {{ ref('stg_phone__hotline_log') }}

),

orders as (

    select * from {{ ref('stg_dms__repair_order') }}
    where order_kind = 'accident'

),

parameters as (

    select * from {{ ref('int_call_list_parameter_resolve') }}
    where parameter = 'hotline_return_days'

),

-- the order the hotline wrote down, or an accident repair of the vehicle soon after the call
matched as (

    select
        logged.log_number,
        logged.called_at,
        orders.order_number,
        orders.opened_at,
        orders.amount
    from logged
    inner join orders
        on
            logged.store_id = orders.store_id
            and logged.order_number = orders.order_number
    union
    select
        logged.log_number,
        logged.called_at,
        orders.order_number,
        orders.opened_at,
        orders.amount
    from logged
    inner join parameters
        on
            logged.store_id = parameters.store_id
            and logged.called_at::date
            between parameters.effective_from and parameters.effective_to
    inner join orders
        on
            logged.store_id = orders.store_id
            and logged.vin = orders.vin
            and logged.called_at <= orders.opened_at
            and logged.called_at::date + parameters.value::integer + 1 > orders.opened_at
    where logged.order_number is null

),

-- a customer who rings twice comes back once: the order belongs to the last call before it
by_order as (

    select * from matched
    qualify row_number() over (
        partition by order_number order by called_at desc, log_number desc
    ) = 1

),

returned as (

    select * exclude (called_at) from by_order
    qualify row_number() over (partition by log_number order by opened_at, order_number) = 1

)

select * from returned
