{# Every row of every list for a day before as_of: the start-of-day lists, frozen as handed out. #}
with

archived as (

    select * from {{ archive('call_list') }}

),

newest as (

    select * from archived
    qualify row_number() over (
        partition by list_id, row_id order by _revision desc, _as_of desc
    ) = 1

),

sent as (

    select
        list_id,
        row_id,
        store_id,
        staff_id,
        vin,
        expiry_month,
        list_for_on,
        phone
    from newest
    where list_for_on < {{ as_of() }}

)

select * from sent
