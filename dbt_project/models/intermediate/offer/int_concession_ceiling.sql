{#
    The step of the ladder up to which each due vehicle may be offered something. Vehicles known
    at the freeze share out the steps, the likeliest first; one that left later keeps its place,
    and a late entry takes the place that it would have had, without moving anybody.
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

)

select * from stepped
