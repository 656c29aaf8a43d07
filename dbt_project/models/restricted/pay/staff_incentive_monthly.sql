with

counts as (

    select * from {{ ref('int_incentive_count') }}

),

priced as (

    select
        store_id,
        staff_id,
        role,
        month,
        incentive_kind,
        won_by_step,
        segment,
        cover_code,
        stage,
        units,
        unit_amount,
        (units * unit_amount)::decimal(18, 2) as incentive_amount

    from counts

)

select * from priced
