{#
    One list of events, each with the numbers that it adds to its store, insurer and month.
#}
with

policies as (

    select
        store_id,
        insurer_code,
        cast(date_trunc('month', signed_on) as date) as month,
        count(*) as policies,
        sum(premium_amount) as premium_amount,
        sum(commission_amount) as commission_amount
    from {{ ref('int_policy_money') }}
    where cancelled_on is null
    group by all

),

quotes as (

    select
        store_code as store_id,
        insurer_code,
        cast(date_trunc('month', quoted_at) as date) as month,
        count(*) filter (where commercial_amount > 0) as priced_quotes,
        sum(commercial_amount) filter (where commercial_amount > 0) as quoted_commercial_amount
    from {{ ref('stg_insurer__quote') }}
    group by all

),

speeds as (

    select * from {{ ref('kpi_quote_speed_monthly') }}

),

repairs as (

    select
        repair_store_code as store_id,
        insurer_code,
        cast(date_trunc('month', reported_at) as date) as month,
        count(*) as repairs_sent,
        sum(loss_amount) as repair_amount
    from {{ ref('stg_insurer__claim') }}
    where repair_store_code is not null
    group by all

),

settlements as (

    select
        repair_store_code as store_id,
        insurer_code,
        cast(date_trunc('month', settled_on) as date) as month,
        count(*) as settled_claims,
        sum(date_diff('day', cast(reported_at as date), settled_on)) as settlement_days,
        sum(paid_amount) as paid_amount
    from {{ ref('stg_insurer__claim') }}
    where
        repair_store_code is not null
        and status = 'settled'
        and settled_on < {{ as_of() }}
    group by all

),

events as (

    select * from policies
    union all by name
    select * from quotes
    union all by name
    select * from speeds
    union all by name
    select * from repairs
    union all by name
    select * from settlements

),

summed as (

    select
        store_id,
        insurer_code,
        month,
        {%- for count in ['policies', 'requests', 'declined_requests', 'timed_requests',
            'fast_requests', 'priced_quotes', 'repairs_sent', 'settled_claims', 'settlement_days'] %}
            cast(coalesce(sum({{ count }}), 0) as bigint) as {{ count }},
        {%- endfor %}
    {%- for amount in ['premium', 'commission', 'quoted_commercial', 'repair', 'paid'] %}
        cast(coalesce(sum({{ amount }}_amount), 0) as decimal(18, 2)) as {{ amount }}_amount
        {{- "," if not loop.last }}
    {%- endfor %}
    from events
    group by all

),

shared as (

    select
        *,
        cast(sum(premium_amount) over (partition by store_id, month) as decimal(18, 2))
            as store_premium_amount
    from summed

)

select * from shared
