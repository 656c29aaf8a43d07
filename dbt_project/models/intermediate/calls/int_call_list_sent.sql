{# Every row of every list as it was last handed out: the newest revision counts. #}
with

archived as (

    select * from {{ archive('call_list') }}

),

newest as (

    select
        list_id,
        row_id,
        store_id,
        staff_id,
        vin,
        vehicle_key,
        expiry_month,
        step,
        list_for_on,
        phone,
        list_for_on < {{ as_of() }} as is_past

    from archived
    qualify row_number() over (
        partition by list_id, row_id order by _revision desc, _as_of desc
    ) = 1

)

select * from newest
