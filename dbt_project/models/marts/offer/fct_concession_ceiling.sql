with

due as (

    select
        store_id,
        vin,
        vehicle_key,
        expiry_month,
        segment,
        outcome,
        frozen_on,
        is_frozen,
        is_late_entry,
        book_owner
    from {{ ref('int_due_vehicle') }}

),

ceilings as (

    select * from {{ ref('int_concession_ceiling') }}

),

plans as (

    select * from {{ ref('int_concession_plan_monthly') }}

),

objections as (

    select
        store_id,
        vin,
        expiry_month,
        count(*) as objections
    from {{ ref('int_objection_day') }}
    group by all

),

-- persuade first, then one step per recorded objection, never above the ceiling
recommended as (

    select
        due.*,
        ceilings.propensity_rate,
        ceilings.propensity_basis,
        ceilings.propensity_rank,
        ceilings.ranked_vehicles,
        ceilings.ceiling_step,
        ceilings.ceiling_rate,
        ceilings.ceiling_authority,
        coalesce(objections.objections, 0) as objections,
        case
            when due.outcome = 'open'
                then least(1 + coalesce(objections.objections, 0), ceilings.ceiling_step)
        end as recommended_step
    from due
    inner join ceilings
        on
            due.store_id = ceilings.store_id
            and due.vin = ceilings.vin
            and due.expiry_month = ceilings.expiry_month
    left join objections
        on
            due.store_id = objections.store_id
            and due.vin = objections.vin
            and due.expiry_month = objections.expiry_month

),

priced as (

    select
        recommended.* exclude (vin),
        -- the ceiling's own step is the frozen one
        case
            when recommended.recommended_step = recommended.ceiling_step
                then recommended.ceiling_rate
            when recommended.recommended_step is not null
                then least(plans.rate, recommended.ceiling_rate)
        end as recommended_rate,
        case
            when recommended.recommended_step = recommended.ceiling_step
                then recommended.ceiling_authority
            else plans.authority
        end as recommended_authority
    from recommended
    left join plans
        on
            recommended.store_id = plans.store_id
            and recommended.expiry_month = plans.expiry_month
            and recommended.recommended_step = plans.step

)

select * from priced
