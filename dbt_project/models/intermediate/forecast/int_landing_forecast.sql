{#
    One row per place of a curve with what the cohorts that had matured by that day say: of the
    vehicles not renewed at the same place, how many were by T+30. Nothing that came later is used.
#}
with

curve as (

    select * from {{ ref('int_landing_curve') }}

),

parameters as (

    select * from {{ ref('int_renewal_parameter_monthly') }}

),

lessons as (

    select
        curve.store_id,
        curve.expiry_month,
        curve.days_in,
        past.due_vehicles - past.renewed_by_then as not_yet,
        past.renewed_here - past.renewed_by_then as came_later
    from curve
    inner join curve as past
        on
            curve.store_id = past.store_id
            and curve.days_in = past.days_in
            and curve.seen_on >= past.matures_on
    inner join parameters
        on curve.store_id = parameters.store_id and curve.expiry_month = parameters.expiry_month
    where past.due_vehicles > past.renewed_by_then
    qualify row_number() over (
        partition by curve.store_id, curve.expiry_month, curve.days_in
        order by past.expiry_month desc
    ) <= parameters.forecast_cohorts

),

pooled as (

    select
        store_id,
        expiry_month,
        days_in,
        count(*) as cohorts,
        sum(not_yet)::bigint as not_yet,
        sum(came_later)::bigint as came_later,
        list(
            {{ half_up('came_later', 'not_yet', 6) }}
            order by {{ half_up('came_later', 'not_yet', 6) }}
        ) as conversions
    from lessons
    group by all

),

ranged as (

    select
        pooled.store_id,
        pooled.expiry_month,
        pooled.days_in,
        pooled.cohorts,
        pooled.not_yet,
        pooled.came_later,
        -- the nearest rank: the tenth of ten cohorts, the second of twelve
        pooled.conversions[greatest(
            (pooled.cohorts * parameters.forecast_low_percent + 99) // 100, 1
        )] as low_conversion,
        pooled.conversions[greatest(
            (pooled.cohorts * parameters.forecast_high_percent + 99) // 100, 1
        )] as high_conversion
    from pooled
    inner join parameters
        on pooled.store_id = parameters.store_id and pooled.expiry_month = parameters.expiry_month
    where pooled.cohorts >= parameters.forecast_least_cohorts

),

-- a conversion has six places: a whole vehicle is not lost to its last one
forecast as (

    select
        curve.*,
        coalesce(ranged.cohorts, 0) as cohorts,
        (curve.renewed_by_then + {{ half_up(
            '(curve.due_vehicles - curve.renewed_by_then) * ranged.came_later', 'ranged.not_yet', 1
        ) }})::decimal(18, 1) as expected_renewed,
        (
            curve.renewed_by_then
            + floor(round(
                (curve.due_vehicles - curve.renewed_by_then) * ranged.low_conversion, 3
            ))
        )::bigint as low_renewed,
        (
            curve.renewed_by_then
            + ceil(round(
                (curve.due_vehicles - curve.renewed_by_then) * ranged.high_conversion, 3
            ))
        )::bigint as high_renewed
    from curve
    left join ranged
        on
            curve.store_id = ranged.store_id
            and curve.expiry_month = ranged.expiry_month
            and curve.days_in = ranged.days_in

)

select * from forecast
