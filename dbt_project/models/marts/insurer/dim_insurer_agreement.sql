with

agreements as (

    select * from {{ ref('int_insurer_agreement_resolve') }}
    where {{ as_of() }} between effective_from and effective_to

)

select
    store_id,
    insurer_code,
    agreement,
    zh,
    en,
    limit_amount,
    contact_role
from agreements
