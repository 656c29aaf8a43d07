with

received as (

    select * from {{ raw('staff') }}

),

newest as (

    select * exclude (_extract, _file, _sha8, _row) from received
    {{ newest_per_key(['staff_id', 'valid_from']) }}

)

select * from newest
