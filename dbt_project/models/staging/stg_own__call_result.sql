with

received as not materialized (

    select * from {{ raw('call_result') }}

),

newest as (

    {{ newest_per_key('received', ['list_id', 'row_id']) }}

),

returned as (

    select * from newest
    where _business_date < {{ as_of() }}

)

select * from returned
