with

kinds as (

    select
        store_id,
        segment,
        kind,
        share
    from {{ ref('int_hold_out_resolve') }}
    where
        store_id <> '*'
        and {{ as_of() }} between effective_from and effective_to

),

counts as (

    select * from {{ ref('int_hold_out_count') }}

),

experience as (

    select * from {{ ref('int_renewal_experience') }}
    where expiry_month = date_trunc('month', {{ as_of() }})

),

parameters as (

    select
        store_id,
        max(value) filter (where parameter = 'hold_out_least_vehicles') as least_vehicles,
        max(value) filter (where parameter = 'hold_out_z') / 1 as z
    from {{ ref('int_offer_parameter_resolve') }}
    where {{ as_of() }} between effective_from and effective_to
    group by all

),

joined as (

    select
        kinds.*,
        coalesce(counts.treated_vehicles, 0) as treated_vehicles,
        coalesce(counts.treated_renewed, 0) as treated_renewed,
        coalesce(counts.held_out_vehicles, 0) as held_out_vehicles,
        coalesce(counts.held_out_renewed, 0) as held_out_renewed,
        coalesce(counts.held_out_given, 0) as held_out_given,
        coalesce(experience.due_vehicles, 0) as matured_vehicles,
        coalesce(experience.renewed_here, 0) as matured_renewed,
        coalesce(counts.held_out_vehicles, 0) < parameters.least_vehicles as is_estimated,
        parameters.z
    from kinds
    inner join parameters using (store_id)
    left join counts using (store_id, segment, kind)
    left join experience using (store_id, segment)

),

-- Newcombe's interval of a difference, from Wilson's of each share; every step is of exact counts
compared as (

    select
        *,
        treated_renewed / nullif(treated_vehicles, 0) as p,
        held_out_renewed / nullif(held_out_vehicles, 0) as q,
        {{ wilson_bound('treated_renewed', 'nullif(treated_vehicles, 0)', 'z', '-') }} as p_low,
        {{ wilson_bound('treated_renewed', 'nullif(treated_vehicles, 0)', 'z', '+') }} as p_high,
        {{ wilson_bound('held_out_renewed', 'nullif(held_out_vehicles, 0)', 'z', '-') }} as q_low,
        {{ wilson_bound('held_out_renewed', 'nullif(held_out_vehicles, 0)', 'z', '+') }} as q_high
    from joined

),

measured as (

    select
        store_id,
        segment,
        kind,
        share as share_in_force,
        treated_vehicles,
        treated_renewed,
        held_out_vehicles,
        held_out_renewed,
        held_out_given,
        (p - q)::decimal(18, 6) as difference,
        (p - q - sqrt((p - p_low) * (p - p_low) + (q_high - q) * (q_high - q)))::decimal(18, 6)
            as difference_low,
        (p - q + sqrt((p_high - p) * (p_high - p) + (q - q_low) * (q - q_low)))::decimal(18, 6)
            as difference_high,
        is_estimated,
        matured_vehicles,
        matured_renewed
    from compared

),

-- without enough hold-outs: p × (1 − p) of the segment's cohorts that matured last
chosen as (

    select
        *,
        case
            when not is_estimated then difference
            else {{ half_up(
                'matured_renewed * (matured_vehicles - matured_renewed)',
                'nullif(matured_vehicles * matured_vehicles, 0)', 6
            ) }}
        end::decimal(18, 6) as uplift
    from measured

)

select * from chosen
