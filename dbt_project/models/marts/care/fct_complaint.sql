with

complaints as (

    select * from {{ ref('stg_dms__complaint') }}

),

-- what was closed today is not known yet
known as (

    select
        store_id,
        complaint_number,
        {{ pseudonym("'vin:' || vin") }} as vehicle_key,
        {{ pseudonym("'customer:' || store_id || ':' || customer_id") }} as customer_key,
        topic,
        received_by,
        staff_id,
        opened_at,
        case when closed_at < {{ as_of() }} then closed_at end as closed_at,
        coalesce(closed_at >= {{ as_of() }}, true) as is_open,
        date_diff(
            'day',
            cast(opened_at as date),
            cast(case when closed_at < {{ as_of() }} then closed_at else {{ as_of() }} end as date)
        ) as open_days,
        case when closed_at < {{ as_of() }} then satisfaction end as satisfaction
    from complaints

)

select * from known
