with

received as not materialized (

    select * from {{ raw('store') }}

),

newest as (

    {{ newest_per_key('received', ['store_id']) }}

)

select * from newest
