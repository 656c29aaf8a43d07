{# A list whose step is known went to whoever's turn it was; of older ones the name decides. A day
   on which the vehicle was cut from the list is no day on it. #}
{% set is_owners =
    'sent.is_listed and coalesce(sent.step = steps.step, sent.staff_id = steps.owner_id)' %}
with

steps as (

    select * from {{ ref('int_cascade_step') }}

),

parameters as (

    select * from {{ ref('int_renewal_parameter_monthly') }}

),

sent as (

    select * from {{ ref('int_call_list_archived') }}
    where is_past

),

quotes as (

    select * from {{ ref('int_due_quote') }}

),

listed as (

    select
        steps.store_id,
        steps.vin,
        steps.expiry_month,
        steps.step,
        count(distinct sent.list_for_on) as days_callable,
        count(distinct sent.list_for_on) filter (where {{ is_owners }}) as days_on_owner_list,
        min(sent.list_for_on) filter (where {{ is_owners }}) as first_on_owner_list_on
    from steps
    inner join sent
        on
            steps.store_id = sent.store_id
            and steps.vin = sent.vin
            and steps.expiry_month = sent.expiry_month
            and steps.entered_on <= sent.list_for_on
            and coalesce(steps.left_on, steps.due_by) >= sent.list_for_on
    group by all

),

gathered as (

    select
        steps.*,
        coalesce(listed.days_callable, 0) as days_callable,
        coalesce(listed.days_on_owner_list, 0) as days_on_owner_list,
        listed.first_on_owner_list_on,
        quotes.first_quoted_at::date as first_quoted_on,
        parameters.cascade_late_days,
        parameters.cascade_quote_days
    from steps
    inner join parameters
        on steps.store_id = parameters.store_id and steps.expiry_month = parameters.expiry_month
    left join listed
        on
            steps.store_id = listed.store_id
            and steps.vin = listed.vin
            and steps.expiry_month = listed.expiry_month
            and steps.step = listed.step
    left join quotes
        on
            steps.store_id = quotes.store_id
            and steps.vin = quotes.vin
            and steps.expiry_month = quotes.expiry_month

),

judged as (

    select
        store_id,
        vehicle_key,
        expiry_month,
        step,
        position,
        role,
        owner_id,
        entered_on,
        due_by,
        left_on,
        outcome,
        days_callable,
        days_on_owner_list,
        first_on_owner_list_on,
        first_quoted_on,
        case
            when not is_calling or outcome not in ('refused', 'timed_out', 'renewed_elsewhere')
                then null
            when days_on_owner_list = 0 then 'never_handed_over'
            when first_on_owner_list_on > entered_on + cascade_late_days::integer
                then 'late'
            when coalesce(first_quoted_on > left_on, true) then 'never_quoted'
            when first_quoted_on > entered_on + cascade_quote_days::integer then 'quoted_late'
            else 'worked'
        end as loss_cause,
        is_matured
    from gathered

)

select * from judged
