with

forecast as (

    select * from {{ ref('int_landing_forecast') }}

),

horizons as (

    select * from {{ ref('int_landing_horizon_resolve') }}

),

tested as (

    select
        forecast.store_id,
        forecast.expiry_month,
        forecast.days_in,
        forecast.seen_on,
        forecast.due_vehicles,
        forecast.renewed_by_then,
        forecast.cohorts,
        forecast.expected_renewed,
        forecast.low_renewed,
        forecast.high_renewed,
        forecast.renewed_here,
        (forecast.expected_renewed - forecast.renewed_here)::decimal(18, 1) as error_vehicles,
        forecast.renewed_here between forecast.low_renewed and forecast.high_renewed
            as is_within_range
    from forecast
    inner join horizons
        on
            forecast.store_id = horizons.store_id
            and forecast.days_in = horizons.days_in
            and forecast.expiry_month between horizons.effective_from and horizons.effective_to
    where
        forecast.is_matured
        and forecast.expected_renewed is not null

)

select * from tested
