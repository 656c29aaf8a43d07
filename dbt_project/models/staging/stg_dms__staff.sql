with

received as not materialized (

    select * from {{ raw('staff') }}

),

newest as (

    {{ newest_per_key('received', ['staff_id', 'valid_from']) }}

)

select * from newest
