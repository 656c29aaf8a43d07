with

candidates as (

    select * from {{ ref('int_call_candidate_select') }}

),

parameters as (

    select * from {{ ref('int_call_list_parameter_daily') }}

),

quotes as (

    select * from {{ ref('stg_insurer__quote') }}

),

-- a quote belongs to this renewal if: current policy signed + 30 d < quoted <= expiry + 30 d
windows as (

    select
        candidates.vin,
        candidates.expiring_commercial_amount,
        candidates.expiring_compulsory_amount,
        coalesce(candidates.expiring_signed_on, (candidates.expires_on - interval 1 year)::date)
        + parameters.quote_after_signing_days::integer as after_on,
        candidates.expires_on + parameters.quote_after_expiry_days::integer as until_on

    from candidates
    inner join parameters on candidates.store_id = parameters.store_id

),

newest as (

    select
        windows.vin,
        quotes.insurer_code as quoted_insurer_code,
        quotes.quoted_at,
        coalesce(quotes.commercial_amount, 0) + coalesce(quotes.compulsory_amount, 0)
            as quoted_amount,

        -- like with like: last year's premium of the quoted kinds, unknown if one is unknown
        case when quotes.commercial_amount > 0 then windows.expiring_commercial_amount else 0 end
        + case when quotes.compulsory_amount > 0 then windows.expiring_compulsory_amount else 0 end
            as comparable_amount

    from windows
    inner join quotes
        on
            windows.vin = quotes.vin
            and quotes.quoted_at::date > windows.after_on
            and quotes.quoted_at::date <= windows.until_on
    where quotes.commercial_amount > 0 or quotes.compulsory_amount > 0
    qualify row_number() over (
        partition by windows.vin
        order by quotes.quoted_at desc, quotes.insurer_code asc, quotes.quote_number asc
    ) = 1

),

-- half-up away from zero, in cents
final as (

    select
        vin,
        quoted_insurer_code,
        quoted_at,
        quoted_amount,
        case
            when comparable_amount > 0 then {{ half_up(
                'abs(quoted_amount - comparable_amount) * 100', 'comparable_amount * 100', 4
            ) }} * case when quoted_amount < comparable_amount then -1 else 1 end
        end::decimal(18, 4) as quote_change_rate

    from newest

)

select * from final
