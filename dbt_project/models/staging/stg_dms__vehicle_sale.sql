with

received as (

    select * from {{ raw('vehicle_sale') }}

),

newest as (

    select * exclude (_extract, _file, _sha8, _row) from received
    {{ newest_per_key(['sale_number']) }}

),

happened as (

    select * from newest
    where sold_on < {{ as_of() }}

)

select * from happened
