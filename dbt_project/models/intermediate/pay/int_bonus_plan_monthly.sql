with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

plans as (

    select * from {{ ref('int_bonus_plan_resolve') }}

),

versions as (

    select * from {{ ref('bonus_plan') }}

),

closed as (

    select distinct
        store_id,
        month,
        plan_id as closed_plan_id

    from {{ ref('int_statement_archived') }}
    where kind = 'bonus'

),

months as (

    select distinct
        due.store_id,
        due.expiry_month as month,
        closed.closed_plan_id

    from due
    left join closed on due.store_id = closed.store_id and due.expiry_month = closed.month

),

-- valid on the first day of the bonus month; a closed month keeps the version it was closed under
chosen as (

    select
        months.store_id,
        months.month,
        plans.* exclude (store_id, plan_kind, effective_from, effective_to, rules_in_force)

    from months
    inner join plans
        on
            months.store_id = plans.store_id
            and plans.plan_kind = 'renewal_bonus'
            and months.month between plans.effective_from and plans.effective_to
    where months.closed_plan_id is null
    union all by name
    select
        months.store_id,
        months.month,
        versions.* exclude (store_id, plan_kind, effective_from, effective_to)

    from months
    inner join versions
        on
            months.closed_plan_id = versions.plan_id
            and versions.store_id in ('*', months.store_id)
    qualify row_number() over (
        partition by months.store_id, months.month
        order by versions.store_id = '*', versions.effective_from desc
    ) = 1

)

select * from chosen
