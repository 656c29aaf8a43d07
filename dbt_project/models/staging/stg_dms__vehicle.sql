with

received as (

    select * from {{ raw('vehicle') }}

),

newest as (

    select * exclude (_extract, _file, _sha8, _row) from received
    {{ newest_per_key(['vin']) }}

)

select * from newest
