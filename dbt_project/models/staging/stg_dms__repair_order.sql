with

received as (

    select * from {{ raw('repair_order') }}

),

newest as (

    select * exclude (_extract, _file, _sha8, _row) from received
    {{ newest_per_key(['order_number']) }}

),

happened as (

    select * from newest
    where opened_at < {{ as_of() }}

)

select * from happened
