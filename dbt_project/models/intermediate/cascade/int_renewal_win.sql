{#
    One row per due vehicle that was renewed here, with the step of the cascade in which it was won and
    the owner of that step.
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
        renewed_insurer_code

    from {{ ref('int_due_vehicle') }}
    where outcome = 'renewed_here'

),

steps as (

    select * from {{ ref('int_cascade_step') }}
    where outcome = 'won'

),

-- what was renewed before any step began leaves the win with the book's owner
won as (

    select
        renewed.* exclude (book_owner),
        steps.position as won_by_step,
        case
            when steps.owner_id <> coalesce(renewed.book_owner, '') then steps.role
            else 'renewal_specialist'
        end as won_by_role,
        coalesce(steps.owner_id, renewed.book_owner) as won_by_staff

    from renewed
    left join
        steps
        on
            renewed.store_id = steps.store_id
            and renewed.vin = steps.vin
            and renewed.expiry_month = steps.expiry_month

)

select * from won
