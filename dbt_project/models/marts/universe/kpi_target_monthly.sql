{#
    The base tier is the target frozen with the vehicles; the higher tiers are the seed's on day
    1 of the month.
#}
with

rates as (

    select * from {{ ref('kpi_renewal_rate_monthly') }}

),

targets as (

    select * from {{ ref('int_segment_target_resolve') }}

),

segments as (

    select * from {{ ref('int_segment_resolve') }}

),

tiered as (

    select
        rates.store_id,
        rates.segment,
        rates.expiry_month,
        targets.tier,
        rates.due_vehicles,
        case targets.tier when 'base' then rates.target_rate else targets.target_rate end
            as target_rate,
        rates.renewed_here,
        rates.is_matured,
        coalesce(segments.counts_for_achievement, false) as counts_for_achievement
    from rates
    inner join targets
        on
            rates.store_id = targets.store_id
            and rates.segment = targets.segment
            and rates.expiry_month between targets.effective_from and targets.effective_to
    left join segments
        on
            rates.store_id = segments.store_id
            and rates.segment = segments.segment
            and rates.expiry_month between segments.effective_from and segments.effective_to

),

counted as (

    select
        * exclude (target_rate, renewed_here, is_matured, counts_for_achievement),
        target_rate,
        cast(ceil(due_vehicles * target_rate) as bigint) as target_vehicles,
        renewed_here,
        case
            when target_rate is not null
                then greatest(cast(ceil(due_vehicles * target_rate) as bigint) - renewed_here, 0)
        end as missing_vehicles,
        is_matured,
        counts_for_achievement
    from tiered

)

select * from counted
