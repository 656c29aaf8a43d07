with

received as (

    select * from {{ raw('call_result') }}

),

newest as (

    select * exclude (_extract, _file, _sha8, _row) from received
    {{ newest_per_key(['list_id', 'row_id']) }}

),

returned as (

    select * from newest
    where _business_date < {{ as_of() }}

)

select * from returned
