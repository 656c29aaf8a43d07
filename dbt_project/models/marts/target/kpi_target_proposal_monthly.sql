with

targets as (

    select * from {{ ref('kpi_target_monthly') }}

),

frozen as (

    select
        store_id,
        segment,
        expiry_month,
        bool_and(is_frozen) as is_frozen

    from {{ ref('int_due_vehicle') }}
    group by all

),

coming as (

    select * from targets
    where
        expiry_month > date_trunc('month', {{ as_of() }})
        and expiry_month <= date_trunc('month', {{ as_of() }}) + interval 3 month

),

proposed as (

    select
        coming.store_id,
        coming.segment,
        coming.expiry_month,
        coming.tier,
        coming.due_vehicles,
        coming.target_rate,
        coming.target_vehicles as proposed_vehicles,
        coming.renewed_here,
        last_year.due_vehicles as last_year_due_vehicles,
        last_year.renewed_here as last_year_renewed_here,
        frozen.is_frozen

    from coming
    inner join
        frozen
        on
            coming.store_id = frozen.store_id
            and coming.segment = frozen.segment
            and coming.expiry_month = frozen.expiry_month
    left join
        targets as last_year
        on
            coming.store_id = last_year.store_id
            and coming.segment = last_year.segment
            and coming.tier = last_year.tier
            and coming.expiry_month = last_year.expiry_month + interval 12 month

)

select * from proposed
