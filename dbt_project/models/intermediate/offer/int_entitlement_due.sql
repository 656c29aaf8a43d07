{#
    One row per renewal cover of a store's own (a term) and service that it entitles to. The
    clause version and the service are those of the day the governing policy was signed.
#}
with

terms as (

    select * from {{ ref('int_policy_term') }}
    where issuing_store_id is not null

),

levels as (

    select * from {{ ref('int_cover_level_resolve') }}

),

entitlements as (

    select * from {{ ref('int_entitlement_resolve') }}

),

sold_here as (

    select distinct vin from {{ ref('stg_dms__vehicle_sale') }}

),

covered as (

    select
        terms.term_id,
        terms.vin,
        terms.issuing_store_id as store_id,
        terms.insurer_code,
        terms.signed_on,
        terms.cover_starts_on,
        case
            when terms.cancelled_on is null then terms.expires_on
            else least(terms.expires_on, terms.cancelled_on)
        end as cover_ends_on,
        terms.commercial_id is not null as is_commercial,
        list_filter(
            string_split(coalesce(terms.covers, ''), ';'),
            lambda cover: cover not in ('compulsory', '')
        ) as held_covers,
        sold_here.vin is not null as is_sold_here
    from terms
    left join sold_here on terms.vin = sold_here.vin

),

levelled as (

    select
        covered.*,
        levels.cover_level,
        levels.clause_version
    from covered
    inner join levels
        on
            covered.store_id = levels.store_id
            and covered.signed_on between levels.effective_from and levels.effective_to
            and covered.is_commercial = (levels.cover_level <> 'compulsory_only')
            and (
                levels.required_covers is null
                or list_has_all(covered.held_covers, string_split(levels.required_covers, ';'))
            )
            and len(list_filter(covered.held_covers, lambda cover: cover <> 'no_deductible'))
            >= levels.least_covers

),

entitled as (

    select
        levelled.term_id,
        levelled.vin,
        levelled.store_id,
        levelled.signed_on,
        levelled.cover_starts_on,
        levelled.cover_ends_on,
        levelled.clause_version,
        entitlements.entitlement,
        entitlements.cover_level,
        entitlements.uses,
        entitlements.limit_amount,
        entitlements.limit_km
    from levelled
    inner join entitlements
        on
            levelled.store_id = entitlements.store_id
            and levelled.cover_level = entitlements.cover_level
            and levelled.signed_on between entitlements.effective_from and entitlements.effective_to
            and (entitlements.is_for_own_sales or not levelled.is_sold_here)
            and levelled.insurer_code = coalesce(entitlements.insurer_code, levelled.insurer_code)

)

select * from entitled
