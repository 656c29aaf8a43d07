with

received as not materialized (

    select * from {{ raw('customer') }}

),

newest as (

    {{ newest_per_key('received', ['customer_id']) }}

)

select * from newest
