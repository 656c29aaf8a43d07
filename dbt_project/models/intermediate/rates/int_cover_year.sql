{{ config(materialized='view') }}

{#
    One row per term of cover of a vehicle with what is told of claims in it, by its insurer and by
    the next policy.
#}
with

terms as (

    select
        vin,
        term_id,
        insurer_code,
        cover_starts_on,
        expires_on,
        known_on,
        lead(cover_starts_on) over years as next_starts_on,
        lead(known_on) over years as next_known_on,
        lead(claims_last_year) over years as stated_claims
    from {{ ref('int_policy_term') }}
    window years as (partition by vin order by expires_on, term_id)

),

claims as (

    select * from {{ ref('stg_insurer__claim') }}

),

-- an insurer tells of the days since the first accident it sent
telling as (

    select
        insurer_code,
        min(accident_at)::date as tells_since
    from claims
    group by all

),

claimed as (

    select
        terms.term_id,
        min(claims.reported_at) as first_claim_reported_at
    from terms
    inner join claims
        on
            terms.vin = claims.vin
            and terms.cover_starts_on <= claims.accident_at
            and terms.expires_on + 1 > claims.accident_at
    where claims.status in ('open', 'settled')
    group by all

),

joined as (

    select
        terms.* exclude (insurer_code),
        claimed.first_claim_reported_at,
        coalesce(telling.tells_since <= terms.cover_starts_on, false) as is_told_by_insurer
    from terms
    left join claimed on terms.term_id = claimed.term_id
    left join telling on terms.insurer_code = telling.insurer_code

)

select * from joined
