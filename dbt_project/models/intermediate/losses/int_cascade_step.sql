{{ config(materialized='view') }}

{#
    One row per due vehicle and step that has begun by as_of, with how it ended: a renewal belongs to
    the last step that had begun when it was signed.
#}
with

chain as (

    select * from {{ ref('int_cascade_chain') }}

),

rules as (

    select * from {{ ref('int_cascade_phase') }}

),

due as (

    select * from {{ ref('int_due_vehicle') }}

),

told as (

    select * from {{ ref('int_due_told_renewal') }}

),

followed as (

    select
        chain.*,
        rules.position,
        rules.role,
        rules.is_calling,
        due.vehicle_key,
        due.book_owner,
        due.outcome as vehicle_outcome,
        due.is_matured,
        case
            when due.outcome in ('renewed_here', 'renewed_elsewhere')
                then coalesce(due.renewed_on, told.reported_on)
        end as renewed_on
    from chain
    inner join rules
        on
            chain.store_id = rules.store_id
            and chain.step = rules.step
            and chain.expiry_month = rules.expiry_month
    inner join due
        on
            chain.store_id = due.store_id
            and chain.vin = due.vin
            and chain.expiry_month = due.expiry_month
    left join told
        on chain.vin = told.vin and chain.expiry_month = told.expiry_month

),

judged as (

    select
        * exclude (next_entered_on, vehicle_outcome, renewed_on, is_refused),
        case
            when renewed_on < coalesce(next_entered_on, date '9999-12-31')
                then case vehicle_outcome
                    when 'renewed_here' then 'won'
                    else 'renewed_elsewhere'
                end
            when ends_on < {{ as_of() }}
                then case when is_refused then 'refused' else 'timed_out' end
            when vehicle_outcome = 'open' then 'open'
            else 'closed'
        end as outcome,
        renewed_on
    from followed
    where
        entered_on <= {{ as_of() }}
        and entered_on <= coalesce(renewed_on, {{ as_of() }})

),

ended as (

    select
        * exclude (renewed_on, ends_on),
        ends_on as due_by,
        case
            when outcome in ('won', 'renewed_elsewhere') then renewed_on
            when outcome in ('refused', 'timed_out') then ends_on
        end as left_on
    from judged

)

select * from ended
