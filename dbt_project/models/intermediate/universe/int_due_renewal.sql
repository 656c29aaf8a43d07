{{ config(materialized='view') }}

{#
    One row per due vehicle with a renewal. Here beats elsewhere; the kinds and the day signed are those of
    the side that counts, full coverage looks at both.
#}
with

renewals as (

    select * from {{ ref('int_due_renewal_match') }}

),

-- the policy that stands for the renewal: issued here, commercial, signed first
leader as (

    select
        vin,
        expiry_month,
        is_here,
        policy_number,
        insurer_code
    from renewals
    qualify row_number() over (
        partition by vin, expiry_month
        order by is_here desc, (policy_kind = 'commercial') desc, signed_on asc, policy_id asc
    ) = 1

),

counted as (

    select
        renewals.vin,
        renewals.expiry_month,
        min(renewals.signed_on) as renewed_on,
        bool_or(renewals.policy_kind = 'commercial') as has_commercial,
        bool_or(renewals.policy_kind = 'compulsory') as has_compulsory,
        cast(sum(renewals.premium_amount) as decimal(18, 2)) as renewed_premium_amount
    from renewals
    inner join leader
        on renewals.vin = leader.vin and renewals.expiry_month = leader.expiry_month
    where renewals.is_here = leader.is_here
    group by all

),

-- full coverage looks at all renewal policies of the VIN: the day the last piece of it was signed
pieces as (

    select
        vin,
        expiry_month,
        required_covers,
        unnest(
            list_append(
                list_filter(
                    string_split(coalesce(covers, ''), ';'),
                    lambda cover: list_contains(required_covers, cover)
                ),
                'policy:' || policy_kind
            )
        ) as piece,
        signed_on
    from renewals

),

first_signed as (

    select
        vin,
        expiry_month,
        required_covers,
        piece,
        min(signed_on) as signed_on
    from pieces
    where piece <> 'policy:commercial'
    group by all

),

covered as (

    select
        vin,
        expiry_month,
        max(signed_on) as full_cover_on
    from first_signed
    group by vin, expiry_month, required_covers
    having count(*) = len(required_covers) + 1

),

joined as (

    select
        leader.vin,
        leader.expiry_month,
        leader.is_here,
        counted.renewed_on,
        case
            when counted.has_commercial and counted.has_compulsory then 'both'
            when counted.has_commercial then 'commercial_only'
            else 'compulsory_only'
        end as renewed_kind,
        leader.policy_number as renewed_policy_number,
        leader.insurer_code as renewed_insurer_code,
        counted.renewed_premium_amount,
        covered.full_cover_on
    from leader
    inner join counted using (vin, expiry_month)
    left join covered using (vin, expiry_month)

)

select * from joined
