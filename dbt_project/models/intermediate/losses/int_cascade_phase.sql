with

rules as (

    select
        resolved.*,
        months.expiry_month
    from {{ ref('int_month_list') }} as months
    inner join {{ ref('int_cascade_step_resolve') }} as resolved
        on months.expiry_month between resolved.effective_from and resolved.effective_to
    where
        months.is_due_month
        and resolved.store_id <> '*'

),

parameters as (

    select * from {{ ref('int_renewal_parameter_monthly') }}

),

bounds as (

    select
        rules.store_id,
        rules.expiry_month,
        parameters.cascade_preparation_days,
        max(rules.first_days_left) + 1 as preparation_ends,
        max(rules.step) as last_step,
        min(rules.last_days_left) as recall_ends
    from rules
    inner join parameters
        on rules.store_id = parameters.store_id and rules.expiry_month = parameters.expiry_month
    group by all

),

phases as (

    select
        store_id,
        expiry_month,
        'preparation' as step,
        0 as position,
        'renewal_specialist' as role,
        false as is_calling,
        cascade_preparation_days as from_days_left,
        preparation_ends as to_days_left
    from bounds

    union all

    select
        store_id,
        expiry_month,
        'step_' || step as step,
        step as position,
        role,
        true as is_calling,
        first_days_left as from_days_left,
        greatest(last_days_left, 0) as to_days_left
    from rules

    union all

    select
        bounds.store_id,
        bounds.expiry_month,
        'recall' as step,
        bounds.last_step + 1 as position,
        rules.role,
        true as is_calling,
        -1 as from_days_left,
        bounds.recall_ends as to_days_left
    from bounds
    inner join rules
        on
            bounds.store_id = rules.store_id
            and bounds.expiry_month = rules.expiry_month
            and bounds.last_step = rules.step
    where bounds.recall_ends < 0

)

select * from phases
