-- The core chain as one would write it by hand: policies in force without duplicates -> expiring -> renewed in the
-- window -> counts per store and month. It leaves out what the models are for (estimated expiries, home stores other
-- than the issuer, transfers, segments, books, pay, call lists), so its counts are near the KPI's, not equal to them.
-- FIXED: the benchmark's ratios are compared over time; do not tune it.
with

received as (

    select * replace (upper(trim(vin)) as vin)
    from read_parquet(string_split(getvariable('inputs')['raw_policy'], chr(10)), union_by_name = true)

),

newest as (

    select * from received
    qualify row_number() over (
        partition by insurer_code, policy_number, policy_kind, endorsement_number
        order by _received_on desc, _sha8 desc, _row desc
    ) = 1

),

signed as (

    select * from newest
    where signed_on < getvariable('as_of')

),

cancelled as (

    select
        insurer_code,
        policy_number,
        policy_kind,
        min(signed_on) as cancelled_on
    from signed
    where endorsement_type = 'cancellation'
    group by all

),

policies as (

    select
        signed.insurer_code,
        signed.policy_number,
        signed.policy_kind,
        signed.vin,
        signed.issuing_store_code as store_id,
        signed.signed_on,
        signed.cover_starts_on,
        signed.cover_ends_on,
        cancelled.cancelled_on
    from signed
    left join cancelled
        on
            signed.insurer_code = cancelled.insurer_code
            and signed.policy_number = cancelled.policy_number
            and signed.policy_kind = cancelled.policy_kind
    where signed.endorsement_number is null

),

standing as (

    select * from policies
    where cancelled_on is null or cancelled_on >= cover_ends_on - interval 90 day

),

-- commercial governs; a compulsory policy counts where no commercial one ends near it
expiring as (

    select standing.* from standing
    anti join standing as commercial
        on
            standing.policy_kind = 'compulsory'
            and commercial.policy_kind = 'commercial'
            and standing.vin = commercial.vin
            and abs(date_diff('day', standing.cover_ends_on, commercial.cover_ends_on)) <= 183

),

due as (

    select
        store_id,
        vin,
        cast(date_trunc('month', cover_ends_on) as date) as expiry_month,
        cover_ends_on as expires_on,
        policy_number
    from expiring
    where
        store_id is not null
        and date_diff('month', getvariable('as_of'), cover_ends_on) between -24 and 3
    qualify row_number() over (
        partition by vin, expiry_month
        order by cover_ends_on desc, signed_on desc, policy_number
    ) = 1

),

renewals as (

    select * from policies
    where cancelled_on is null

),

renewed as (

    select distinct
        due.vin,
        due.expiry_month
    from due
    inner join renewals
        on
            due.vin = renewals.vin
            and due.store_id = renewals.store_id
            and due.policy_number <> renewals.policy_number
            and renewals.cover_starts_on
            between due.expires_on - interval 90 day and due.expires_on + interval 30 day

),

counted as (

    select
        due.store_id,
        due.expiry_month,
        count(*) as due_vehicles,
        count(renewed.vin) as renewed_here
    from due
    left join renewed on due.vin = renewed.vin and due.expiry_month = renewed.expiry_month
    group by all
    order by all

)

select * from counted
