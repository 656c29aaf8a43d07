with

steps as (

    select * from {{ ref('fct_cascade_step') }}

),

counted as (

    select
        store_id,
        expiry_month,
        step,
        position,

        ---------- how the step ended
        count(*) as handed_over,
        count(*) filter (where outcome = 'won') as won,
        count(*) filter (where outcome = 'refused') as refused,
        count(*) filter (where outcome = 'timed_out') as timed_out,
        count(*) filter (where outcome = 'renewed_elsewhere') as renewed_elsewhere,
        count(*) filter (where outcome = 'open') as open,
        count(*) filter (where outcome = 'closed') as closed,

        ---------- why it was lost at the step
        count(*) filter (where loss_cause is not null) as lost_at_step,
        {%- for cause in ['never_handed_over', 'late', 'never_quoted', 'quoted_late', 'worked'] %}
            count(*) filter (where loss_cause = '{{ cause }}') as lost_{{ cause }},
        {%- endfor %}
        bool_and(is_matured) as is_matured
    from steps
    group by all

)

select * from counted
