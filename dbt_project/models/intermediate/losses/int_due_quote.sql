with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

quotes as (

    select * from {{ ref('stg_insurer__quote') }}
    where commercial_amount > 0 or compulsory_amount > 0

),

parameters as (

    select
        store_id,
        effective_from,
        effective_to,
        max(value) filter (where parameter = 'quote_after_signing_days')::integer
            as after_signing_days,
        max(value) filter (where parameter = 'quote_after_expiry_days')::integer
            as after_expiry_days
    from {{ ref('int_call_list_parameter_resolve') }}
    where parameter in ('quote_after_signing_days', 'quote_after_expiry_days')
    group by all

),

-- signed + 30 d < quoted <= expiry + 30 d, the last of these days to its end
belonging as (

    select
        due.store_id,
        due.vin,
        due.expiry_month,
        quotes.quoted_at,
        quotes.insurer_code,
        quotes.quote_number,
        quotes.commercial_amount,
        quotes.compulsory_amount,
        coalesce(quotes.commercial_amount, 0) + coalesce(quotes.compulsory_amount, 0) as amount
    from due
    inner join parameters
        on
            due.store_id = parameters.store_id
            and due.expires_on between parameters.effective_from and parameters.effective_to
    inner join quotes
        on
            due.vin = quotes.vin
            and coalesce(due.expiring_signed_on, (due.expires_on - interval 1 year)::date)
            + parameters.after_signing_days + 1 <= quotes.quoted_at
            and due.expires_on + parameters.after_expiry_days + 1 > quotes.quoted_at

),

summed as (

    select
        store_id,
        vin,
        expiry_month,
        count(*) over renewal as quotes,
        min(quoted_at) over renewal as first_quoted_at,
        quoted_at as last_quoted_at,
        min(amount) over renewal::decimal(18, 2) as lowest_amount,
        insurer_code as last_insurer_code,
        commercial_amount as last_commercial_amount,
        compulsory_amount as last_compulsory_amount
    from belonging
    window renewal as (partition by store_id, vin, expiry_month)
    qualify row_number() over (
        partition by store_id, vin, expiry_month
        order by quoted_at desc, insurer_code asc, quote_number asc
    ) = 1

)

select * from summed
