with

received as (

    select * from {{ raw('quote') }}

),

newest as (

    select * exclude (_extract, _file, _sha8, _row) from received
    {{ newest_per_key(['insurer_code', 'quote_number']) }}

),

given as (

    select * from newest
    where quoted_at < {{ as_of() }}

)

select * from given
