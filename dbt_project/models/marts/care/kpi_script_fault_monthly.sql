{#
    Faults of the scripts that callers wrote down, and what of scripts was trained in the same month.
#}
with

results as (

    select * from {{ ref('int_call_result_match') }}
    where result is not null

),

trainings as (

    select
        store_id,
        staff_id,
        cast(date_trunc('month', held_on) as date) as month,
        count(*) as script_trainings,
        sum(minutes) as script_minutes
    from {{ ref('fct_training') }}
    where topic = 'script'
    group by all

),

lines as (

    select
        store_id,
        staff_id,
        cast(date_trunc('month', called_on) as date) as month,
        count(*) as answered_lines,
        count(*) filter (where nullif(trim(script_problem), '') is not null) as fault_lines
    from results
    group by all

),

together as (

    select
        coalesce(lines.store_id, trainings.store_id) as store_id,
        coalesce(lines.staff_id, trainings.staff_id) as staff_id,
        coalesce(lines.month, trainings.month) as month,
        coalesce(lines.answered_lines, 0) as answered_lines,
        coalesce(lines.fault_lines, 0) as fault_lines,
        coalesce(trainings.script_trainings, 0) as script_trainings,
        cast(coalesce(trainings.script_minutes, 0) as bigint) as script_minutes
    from lines
    full outer join trainings
        on
            lines.store_id = trainings.store_id
            and lines.staff_id = trainings.staff_id
            and lines.month = trainings.month

),

rated as (

    select
        *,
        {{ half_up('fault_lines', 'nullif(answered_lines, 0)', 6) }} as fault_share
    from together

)

select * from rated
