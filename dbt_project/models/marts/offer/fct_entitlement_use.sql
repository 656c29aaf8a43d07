with

judged as (

    select * from {{ ref('int_entitlement_use_judge') }}

)

select
    store_id,
    use_number,
    {{ pseudonym("'vin:' || vin") }} as vehicle_key,
    entitlement,
    used_at,
    staff_id,
    order_number,
    claim_number,
    cover_level,
    clause_version,
    use_of_cover,
    allowed_uses,
    cast(distance_km as decimal(9, 2)) as distance_km,
    has_signed_form,
    cost_amount,
    verdict
from judged
