with

ladders as (

    select * from {{ ref('int_concession_ladder_resolve') }}
    where {{ as_of() }} between effective_from and effective_to

)

select
    store_id,
    step,
    customer_share,
    rate,
    authority,
    approver_roles,
    extra_zh,
    extra_en
from ladders
