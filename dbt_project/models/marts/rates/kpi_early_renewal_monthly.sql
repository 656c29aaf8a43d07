with

renewed as (

    select
        *,
        cast(expires_on - renewed_on as bigint) as days_early
    from {{ ref('int_due_vehicle') }}
    where outcome = 'renewed_here'

),

bands as (

    select * from {{ ref('int_early_renewal_band_resolve') }}

),

counted as (

    select
        renewed.store_id,
        renewed.segment,
        renewed.expiry_month,
        bands.band,
        bands.position,
        count(*) as vehicles,
        bool_and(renewed.is_matured) as is_matured
    from renewed
    inner join bands
        on
            renewed.store_id = bands.store_id
            and renewed.expiry_month between bands.effective_from and bands.effective_to
            and renewed.days_early
            between coalesce(bands.least_days, -1000000) and coalesce(bands.most_days, 1000000)
    group by all

),

shared as (

    select
        *,
        cast(sum(vehicles) over (partition by store_id, segment, expiry_month) as bigint)
            as renewed_here
    from counted

)

select * from shared
