{#
    The step of the ladder up to which each due vehicle may be offered something. Vehicles known
    at the freeze share out the steps, the likeliest first; one that left later keeps its place,
    and a late entry takes the place that it would have had, without moving anybody. What an
    earlier night archived as frozen stays, whatever the ladder or the rates say by now.
#}
with

propensities as (

    select * from {{ ref('int_due_propensity') }}

),

plans as (

    select * from {{ ref('int_concession_plan_monthly') }}

),

ranked as (

    select
        *,
        greatest(count(*) filter (where not is_late_entry) over likeliest_first, 1)
            as propensity_rank,
        greatest(count(*) filter (where not is_late_entry) over everybody, 1) as ranked_vehicles
    from propensities
    window
        everybody as (partition by store_id, expiry_month),
        likeliest_first as (
            partition by store_id, expiry_month
            order by propensity_rate desc, md5(vin) asc, vin asc
            rows unbounded preceding
        )

),

archived as (

    select * from {{ ref('int_due_universe_archived') }}
    where frozen_on <= _as_of and ceiling_step is not null

),

-- a vehicle takes the step in which the middle of its place falls
stepped as (

    select
        ranked.*,
        plans.step as ceiling_step,
        plans.rate as ceiling_rate,
        plans.authority as ceiling_authority
    from ranked
    inner join plans
        on
            ranked.store_id = plans.store_id
            and ranked.expiry_month = plans.expiry_month
            and 2 * ranked.propensity_rank - 1 > 2 * plans.share_from * ranked.ranked_vehicles
            and 2 * ranked.propensity_rank - 1 <= 2 * plans.share_to * ranked.ranked_vehicles

),

final as (

    select
        stepped.store_id,
        stepped.vin,
        stepped.expiry_month,
        coalesce(archived.propensity_rate, stepped.propensity_rate)::decimal(18, 6)
            as propensity_rate,
        coalesce(archived.propensity_basis, stepped.propensity_basis) as propensity_basis,
        coalesce(archived.propensity_rank, stepped.propensity_rank) as propensity_rank,
        coalesce(archived.ranked_vehicles, stepped.ranked_vehicles) as ranked_vehicles,
        coalesce(archived.ceiling_step, stepped.ceiling_step) as ceiling_step,
        coalesce(archived.ceiling_rate, stepped.ceiling_rate)::decimal(9, 4) as ceiling_rate,
        coalesce(archived.ceiling_authority, stepped.ceiling_authority) as ceiling_authority

    from stepped
    left join archived
        on
            stepped.store_id = archived.store_id
            and stepped.vin = archived.vin
            and stepped.expiry_month = archived.expiry_month

)

select * from final
