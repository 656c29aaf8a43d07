with

forecast as (

    select * from {{ ref('int_landing_forecast') }}

),

tonight as (

    select
        store_id,
        expiry_month,
        days_in,
        due_vehicles,
        renewed_by_then as renewed_so_far,
        cohorts,
        expected_renewed,
        low_renewed,
        high_renewed
    from forecast
    where
        not is_matured
        and seen_on = {{ as_of() }}

)

select * from tonight
