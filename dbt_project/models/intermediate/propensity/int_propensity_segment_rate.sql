{{ config(materialized='view') }}

{# What is said of a due vehicle without a model: its segment's rate of last year, or its target. #}
with

universe as (

    select * from {{ ref('int_due_universe') }}

),

-- the same month a year before had closed ten months before the freeze
last_year as (

    select
        store_id,
        segment,
        cast(expiry_month + interval 12 month as date) as expiry_month,
        {{ half_up("count(*) filter (where outcome = 'renewed_here')", 'count(*)', 6) }} as rate
    from universe
    where status = 'in'
    group by all

),

rated as (

    select
        universe.store_id,
        universe.vin,
        universe.expiry_month,
        universe.is_late_entry,
        cast(coalesce(last_year.rate, universe.target_rate, 0) as decimal(18, 6))
            as propensity_rate,
        case
            when last_year.rate is not null then 'segment_rate_last_year'
            when universe.target_rate is not null then 'segment_target'
            else 'none'
        end as propensity_basis
    from universe
    left join last_year
        on
            universe.store_id = last_year.store_id
            and universe.segment = last_year.segment
            and universe.expiry_month = last_year.expiry_month

)

select * from rated
