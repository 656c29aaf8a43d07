with

received as (

    select * from {{ raw('customer_known_policy') }}

),

newest as (

    select * exclude (_extract, _file, _sha8, _row) from received
    {{ newest_per_key(['report_number']) }}

),

told as (

    select * from newest
    where reported_on < {{ as_of() }}

)

select * from told
