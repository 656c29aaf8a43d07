with

entered as (

    select * from {{ ref('int_pool_entry') }}

),

quotes as (

    select * from {{ ref('int_due_quote') }}

),

judged as (

    select
        entered.store_id,
        entered.expiry_month,
        entered.week_ends_before <= {{ as_of() }} as is_week_over,
        coalesce(entered.first_contacted_on = entered.entered_on, false) as is_contacted_on_day,
        entered.first_contacted_on is not null as is_contacted_in_week,
        coalesce(quotes.first_quoted_at < entered.entered_on + 1, false) as is_quoted_on_day,
        coalesce(quotes.first_quoted_at < entered.week_ends_before, false) as is_quoted_in_week
    from entered
    left join quotes using (store_id, vin, expiry_month)

),

counted as (

    select
        store_id,
        expiry_month,
        count(*) as day_vehicles,
        count(*) filter (where is_contacted_on_day) as contacted_on_day,
        count(*) filter (where is_quoted_on_day) as quoted_on_day,
        count(*) filter (where is_contacted_on_day or is_quoted_on_day) as answered_on_day,
        count(*) filter (where is_week_over) as week_vehicles,
        count(*) filter (where is_week_over and is_contacted_in_week) as contacted_in_week,
        count(*) filter (where is_week_over and is_quoted_in_week) as quoted_in_week,
        count(*) filter (where is_week_over and (is_contacted_in_week or is_quoted_in_week))
            as answered_in_week
    from judged
    group by all

)

select * from counted
