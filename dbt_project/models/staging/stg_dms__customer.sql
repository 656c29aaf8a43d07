with

received as (

    select * from {{ raw('customer') }}

),

newest as (

    select * exclude (_extract, _file, _sha8, _row) from received
    {{ newest_per_key(['customer_id']) }}

)

select * from newest
