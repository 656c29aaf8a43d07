with

candidates as (

    select * from {{ ref('int_call_candidate_select') }}

),

quotes as (

    select * from {{ ref('int_due_quote') }}

),

newest as (

    select
        candidates.vin,
        quotes.last_insurer_code as quoted_insurer_code,
        quotes.last_quoted_at as quoted_at,
        quotes.last_commercial_amount as quoted_commercial_amount,
        quotes.last_compulsory_amount as quoted_compulsory_amount,
        coalesce(quotes.last_commercial_amount, 0) + coalesce(quotes.last_compulsory_amount, 0)
            as quoted_amount,

        -- like with like: last year's premium of the quoted kinds, unknown if one is unknown; a
        -- quote of compulsory cover alone says nothing of last year's commercial cover
        case
            when quotes.last_commercial_amount > 0 then candidates.expiring_commercial_amount
            when coalesce(candidates.expiring_commercial_amount, 0) = 0 then 0
        end
        + case
            when quotes.last_compulsory_amount > 0 then candidates.expiring_compulsory_amount
            else 0
        end as comparable_amount

    from candidates
    inner join quotes
        on
            candidates.store_id = quotes.store_id
            and candidates.vin = quotes.vin
            and candidates.expiry_month = quotes.expiry_month

),

-- half-up away from zero, in cents
final as (

    select
        vin,
        quoted_insurer_code,
        quoted_at,
        quoted_commercial_amount,
        quoted_compulsory_amount,
        quoted_amount,
        case
            when comparable_amount > 0 then {{ half_up(
                'abs(quoted_amount - comparable_amount) * 100', 'comparable_amount * 100', 4
            ) }} * case when quoted_amount < comparable_amount then -1 else 1 end
        end::decimal(18, 4) as quote_change_rate

    from newest

)

select * from final
