with

counts as (

    select * from {{ ref('int_channel_manager_count') }}

),

-- without a budget or without spending nothing is cut
limited as (

    select
        *,
        coalesce(target_vehicles, 0) as target,
        coalesce(renewed_vehicles, 0) as renewed,
        case
            when budget_amount is not null and spent_amount > 0
                then (least(budget_amount, spent_amount) * 100)::hugeint
            else 1
        end as within_budget,
        case
            when budget_amount is not null and spent_amount > 0
                then (spent_amount * 100)::hugeint
            else 1
        end as spent

    from counts

),

-- every fraction is rounded once, half-up, in integers
priced as (

    select
        insurer_code,
        manager_id,
        month,
        coalesce(due_vehicles, 0) as due_vehicles,
        target as target_vehicles,
        renewed as renewed_vehicles,
        {{ half_up('renewed', 'nullif(target, 0)', 6) }} as attainment_rate,
        budget_amount,
        spent_amount,
        {{ half_up('within_budget', 'spent', 6) }} as budget_factor,
        (base_fen::decimal(18, 0) * 0.01::decimal(3, 2))::decimal(18, 2) as base_amount,
        coalesce({{ half_up(
            'base_fen * renewed * within_budget', '100 * nullif(target, 0) * spent', 2
        ) }}, 0)::decimal(18, 2) as bonus_amount

    from limited

)

select * from priced
