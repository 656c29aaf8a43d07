{#
    One row per due vehicle that was renewed here, with the step in whose days it was signed.
#}
with

renewed as (

    select
        store_id,
        vin,
        expiry_month,
        segment,
        book_owner,
        renewed_on,
        renewed_policy_number,
        renewed_insurer_code,
        first_expires_on - renewed_on as days_left

    from {{ ref('int_due_vehicle') }}
    where outcome = 'renewed_here'

),

steps as (

    select * from {{ ref('int_cascade_step_resolve') }}

),

-- before the first step's days the first step has won it
stepped as (

    select
        renewed.*,
        steps.step,
        steps.role

    from renewed
    left join
        steps
        on
            renewed.store_id = steps.store_id
            and renewed.expiry_month between steps.effective_from and steps.effective_to
            and renewed.days_left >= steps.last_days_left
    qualify row_number() over (
        partition by renewed.store_id, renewed.vin, renewed.expiry_month order by steps.step asc
    ) = 1

)

select * from stepped
