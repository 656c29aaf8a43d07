{#
    One row per due vehicle and step that has begun by as_of, with how it ended: a renewal belongs to
    the last step that had begun when it was signed.
#}
with

owned as (

    select * from {{ ref('int_cascade_owner') }}

),

due as (

    select * from {{ ref('int_due_vehicle') }}

),

told as (

    select * from {{ ref('int_due_told_renewal') }}

),

followed as (

    select
        owned.*,
        due.outcome as vehicle_outcome,
        due.is_matured,
        case
            when due.outcome in ('renewed_here', 'renewed_elsewhere')
                then coalesce(due.renewed_on, told.reported_on)
        end as renewed_on
    from owned
    inner join due using (store_id, vin, expiry_month)
    left join told using (vin, expiry_month)

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

),

-- whose it was in the end
final as (

    select
        ended.* exclude (kept_id, kept_since, known_id, first_owner_id, reassignments),
        coalesce(
            {{ reassigned_by('ended.reassignments', 'coalesce(ended.left_on, ' ~ as_of() ~ ')') }},
            turns.assigned_id,
            ended.first_owner_id
        ) as owner_id
    from ended
    left join {{ ref('int_cascade_deal') }} as turns using (store_id, vin, expiry_month, step)

)

select * from final
