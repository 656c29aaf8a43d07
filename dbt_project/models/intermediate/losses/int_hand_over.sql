{{ config(materialized='view') }}

{#
    Whose it was: the owner's of the step that ended, that of the lists of the last days, or that of
    whoever would own the step. A decision explains a change before the step, the step before lists.
#}
with

mine as (

    select
        turns.store_id,
        turns.vin,
        turns.expiry_month,
        turns.list_for_on,
        turns.step,
        turns.position,
        turns.entered_on,
        turns.owner_id,
        turns.list_for_on - parameters.handed_over_days::integer as since_on
    from {{ ref('int_cascade_position') }} as turns
    inner join {{ ref('int_call_list_parameter_daily') }} as parameters using (store_id)
    where turns.position > 0 and turns.entered_on <= turns.list_for_on

),

ended as (

    select
        mine.vin,
        mine.expiry_month,
        nullif(steps.owner_id, mine.owner_id) as other_id,
        case steps.outcome when 'refused' then 'step_refused' else 'step_timed_out' end as why
    from mine
    inner join {{ ref('int_cascade_step') }} as steps using (store_id, vin, expiry_month)
    where
        steps.is_calling
        and steps.position < mine.position
        and mine.entered_on > mine.since_on
    qualify row_number() over (
        partition by mine.vin, mine.expiry_month order by steps.position desc
    ) = 1

),

decided as (

    select
        mine.vin,
        mine.expiry_month,
        max(owned.first_owner_id) filter (where owned.step = mine.step) as first_owner_id,
        max(
            list_filter(
                owned.reassignments,
                lambda named: named['staff_id'] = mine.owner_id
                and named['effective_on'] between mine.since_on and mine.list_for_on
            )[-1]['effective_on']
        ) as decided_on
    from mine
    inner join {{ ref('int_cascade_owner') }} as owned using (store_id, vin, expiry_month)
    group by all

),

lists as (

    select
        mine.vin,
        mine.expiry_month,
        sent.staff_id,
        sent.list_for_on,
        sent.staff_id = mine.owner_id as is_mine,
        max(sent.list_for_on) filter (where sent.staff_id <> mine.owner_id)
            over (partition by mine.vin, mine.expiry_month) as others_until_on
    from mine
    inner join {{ ref('int_call_list_sent') }} as sent using (store_id, vin, expiry_month)
    where sent.is_past and sent.list_for_on >= mine.since_on

),

listed as (

    select
        vin,
        expiry_month,
        max(staff_id) filter (where not is_mine and list_for_on = others_until_on) as others_id,
        min(list_for_on) filter (where is_mine and list_for_on > others_until_on) as mine_from_on
    from lists
    group by all

),

final as (

    select
        mine.* exclude (position, entered_on, since_on),
        case
            when decided.decided_on is not null then 'reassigned'
            when ended.other_id is not null then ended.why
            else 'colleague_absent'
        end as handed_over_for,
        case handed_over_for
            when 'reassigned' then coalesce(listed.others_id, decided.first_owner_id)
            when 'colleague_absent' then listed.others_id
            else ended.other_id
        end as from_staff_id,
        case handed_over_for
            when 'reassigned' then decided.decided_on
            when 'colleague_absent' then coalesce(listed.mine_from_on, mine.list_for_on)
            else mine.entered_on
        end as handed_over_on
    from mine
    left join ended using (vin, expiry_month)
    left join decided using (vin, expiry_month)
    left join listed using (vin, expiry_month)

)

select * from final
where from_staff_id <> owner_id
