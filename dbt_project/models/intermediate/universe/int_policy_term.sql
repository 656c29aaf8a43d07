{#
    One row per expiry of a vehicle known from policies, with what both policies of the term
    say.
#}
with

pairs as (

    select * from {{ ref('int_policy_pair') }}

),

policies as (

    select * from {{ ref('int_policy_expire') }}

),

terms as (

    select
        governing.vin,
        pairs.governing_id as term_id,
        pairs.commercial_id,
        pairs.compulsory_id,
        governing.cover_ends_on as expires_on,
        governing.cover_starts_on,
        commercial.cover_ends_on as commercial_expires_on,
        compulsory.cover_ends_on as compulsory_expires_on,
        governing.known_on,
        governing.signed_on,
        governing.issuing_store_id,
        compulsory.issuing_store_id as compulsory_issuing_store_id,
        governing.is_cancelled_late,
        governing.cancelled_on,
        governing.business_type,
        governing.policy_number,
        governing.insurer_code,
        governing.plate_number,
        governing.claims_last_year,
        governing.sales_channel,
        governing.payment_frequency,
        governing.region,
        commercial.premium_amount as commercial_premium_amount,
        compulsory.premium_amount as compulsory_premium_amount,
        cast(
            coalesce(commercial.premium_amount, 0)
            + coalesce(compulsory.premium_amount, 0) as decimal(18, 2)
        )
            as premium_amount,
        concat_ws(';', commercial.covers, compulsory.covers) as joined_covers
    from pairs
    inner join policies as governing on pairs.governing_id = governing.policy_id
    left join policies as commercial on pairs.commercial_id = commercial.policy_id
    left join policies as compulsory on pairs.compulsory_id = compulsory.policy_id

),

-- few sets of covers are sold: each is sorted once
cover_sets as (

    select
        joined_covers,
        nullif(array_to_string(list_sort(list_distinct(string_split(joined_covers, ';'))), ';'), '')
            as covers
    from terms
    group by joined_covers

),

covered as (

    select
        terms.* exclude (joined_covers),
        cover_sets.covers
    from terms
    inner join cover_sets on terms.joined_covers = cover_sets.joined_covers

)

select * from covered
