with

received as (

    select * from {{ raw('ownership_change') }}

),

newest as (

    select * exclude (_extract, _file, _sha8, _row) from received
    {{ newest_per_key(['change_number']) }}

),

known as (

    select * from newest
    where recorded_on < {{ as_of() }}

)

select * from known
