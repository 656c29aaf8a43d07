{#
    The ladder of a store and month must come to the planned average (9.0 %, L203): who changes a
    step changes the share of another, or the plan.
#}
select
    plans.store_id,
    plans.expiry_month,
    plans.average_rate,
    parameters.value as planned_average_rate
from {{ ref('int_concession_plan_monthly') }} as plans
inner join {{ ref('int_offer_parameter_resolve') }} as parameters
    on
        plans.store_id = parameters.store_id
        and parameters.parameter = 'planned_average_rate'
        and plans.expiry_month between parameters.effective_from and parameters.effective_to
where plans.step = 1 and plans.average_rate <> parameters.value
