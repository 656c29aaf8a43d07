with

entries as (

    select * from {{ ref('fct_reward_point') }}

),

counted as (

    select
        store_id,
        reason,
        cast(date_trunc('month', booked_on) as date) as month,
        count(*) as entries,
        count(distinct customer_key) as customers,
        cast(coalesce(sum(points) filter (where points > 0), 0) as bigint) as earned_points,
        cast(coalesce(-sum(points) filter (where points < 0), 0) as bigint) as spent_points
    from entries
    group by all

)

select * from counted
