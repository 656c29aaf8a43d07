with

stores as (

    select * from {{ ref('int_store_list') }}

)

select
    store_id,
    store_name,
    city,
    plate_prefixes
from stores
