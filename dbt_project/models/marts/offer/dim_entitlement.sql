{#
    What the cover level means is that of the clauses valid on as_of; the services of older covers stay with theirs.
#}
with

entitlements as (

    select * from {{ ref('int_entitlement_resolve') }}
    where {{ as_of() }} between effective_from and effective_to

),

levels as (

    select * from {{ ref('int_cover_level_resolve') }}
    where {{ as_of() }} between effective_from and effective_to

),

described as (

    select
        entitlements.store_id,
        entitlements.entitlement,
        entitlements.zh,
        entitlements.en,
        entitlements.cover_level,
        levels.clause_version,
        levels.required_covers,
        levels.least_covers,
        entitlements.is_for_own_sales,
        entitlements.insurer_code,
        entitlements.uses,
        entitlements.limit_amount,
        entitlements.limit_km
    from entitlements
    left join levels using (store_id, cover_level)

)

select * from described
