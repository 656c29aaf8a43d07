{{ config(materialized='view') }}

{# Every row of every list as it was last handed out. #}
with

sent as (

    select * exclude (is_listed) from {{ ref('int_call_list_archived') }}
    where is_listed

)

select * from sent
