with

received as (

    select * from {{ raw('store') }}

),

newest as (

    select * exclude (_extract, _file, _sha8, _row) from received
    {{ newest_per_key(['store_id']) }}

)

select * from newest
