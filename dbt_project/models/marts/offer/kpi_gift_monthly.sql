with

gifts as (

    select * from {{ ref('fct_gift_issue') }}

),

counted as (

    select
        store_id,
        package,
        cast(date_trunc('month', issued_on) as date) as month,
        count(*) as issued_gifts,
        count(premium_amount) as known_premium_gifts,
        cast(sum(cost_amount) as decimal(18, 2)) as cost_amount,
        cast(coalesce(sum(retail_amount), 0) as decimal(18, 2)) as retail_amount,
        cast(coalesce(sum(budget_amount), 0) as decimal(18, 2)) as budget_amount,
        count(*) filter (where is_below_band) as below_band_gifts,
        count(*) filter (where is_above_budget) as above_budget_gifts,
        count(fails_retail_rule) as judged_gifts,
        count(*) filter (where fails_retail_rule) as failing_gifts
    from gifts
    group by all

),

rated as (

    select
        *,
        {{ half_up('failing_gifts', 'nullif(judged_gifts, 0)', 6) }} as failing_share
    from counted

)

select * from rated
