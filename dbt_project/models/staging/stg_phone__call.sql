with

received as (

    select * from {{ raw('call') }}

),

newest as (

    select * exclude (_extract, _file, _sha8, _row) from received
    {{ newest_per_key(['call_id', 'leg_id']) }}

),

happened as (

    select * from newest
    where started_at < {{ as_of() }}

)

select * from happened
