with

counts as (

    select * from {{ ref('int_incentive_count') }}

),

summed as (

    select
        store_id,
        month,
        incentive_kind,
        role,
        count(distinct staff_id) as staff_members,
        sum(units)::bigint as units,
        sum(units * unit_amount)::decimal(18, 2) as incentive_amount

    from counts
    group by all

)

select * from summed
