with

customers as (

    select * from {{ ref('stg_dms__customer') }}

),

numbers as (

    select
        store_id,
        customer_id,
        phone,
        true as is_main_number

    from customers
    where phone is not null
    union all
    select
        store_id,
        customer_id,
        second_phone as phone,
        false as is_main_number

    from customers
    where second_phone is not null

),

final as (

    select
        store_id,
        customer_id,
        {{ phone_number('phone') }} as phone,
        bool_or(is_main_number) as is_main_number

    from numbers
    group by all
    having {{ phone_number('phone') }} is not null

)

select * from final
