with

wins as (

    select * from {{ ref('int_renewal_win') }}

),

due as (

    select
        store_id,
        vin,
        expiry_month,
        vehicle_key,
        expires_on,
        renewed_premium_amount
    from {{ ref('int_due_vehicle') }}

),

objections as (

    select
        wins.store_id,
        wins.vin,
        wins.expiry_month,
        count(*) as objections
    from wins
    inner join {{ ref('int_objection_day') }} as days
        on
            wins.store_id = days.store_id
            and wins.vin = days.vin
            and wins.expiry_month = days.expiry_month
            and wins.renewed_on >= days.objected_on
    group by all

),

answers as (

    select
        wins.store_id,
        wins.vin,
        wins.expiry_month,
        bool_or(results.effect in ('refused', 'lost')) as was_refused,
        min(results.competitor_amount) as competitor_amount
    from wins
    inner join {{ ref('int_call_result_match') }} as results
        on
            wins.store_id = results.store_id
            and wins.vin = results.vin
            and wins.expiry_month = results.expiry_month
            and wins.renewed_on >= results.called_on
    group by all

),

gathered as (

    select
        wins.*,
        due.vehicle_key,
        due.renewed_premium_amount,
        coalesce(objections.objections, 0) as objections,
        answers.competitor_amount,
        [
            case when objections.objections > 0 then 'after_objection' end,
            case when answers.was_refused then 'after_refusal' end,
            case
                when answers.competitor_amount < due.renewed_premium_amount then 'against_cheaper'
            end,
            case when wins.renewed_on > due.expires_on then 'after_lapse' end
        ] as rules
    from wins
    inner join due using (store_id, vin, expiry_month)
    left join objections using (store_id, vin, expiry_month)
    left join answers using (store_id, vin, expiry_month)

),

cases as (

    select
        store_id,
        vehicle_key,
        expiry_month,
        unnest(list_filter(rules, lambda rule: rule is not null)) as best_case,
        segment,
        renewed_on,
        won_by_step,
        won_by_role,
        won_by_staff as staff_id,
        renewed_premium_amount,
        objections,
        competitor_amount
    from gathered

)

select * from cases
