with

legs as (

    select
        legs.*,
        staff.staff_id,
        coalesce(staff.staff_match, 'no_extension') as staff_match

    from {{ ref('int_call_leg_split') }} as legs
    left join {{ ref('int_extension_staff_match') }} as staff
        on
            legs.extension = staff.extension
            and legs.store_id is not distinct from staff.store_id
            and legs.started_at::date = staff.called_on

),

-- seconds that an earlier leg of the same call has not talked already
timed as (

    select
        *,
        row_number() over (
            partition by source_name, call_id order by started_at, leg_id
        ) as leg_number,
        max(talk_to) over (
            partition by source_name, call_id
            order by talk_from nulls first, leg_id
            rows between unbounded preceding and 1 preceding
        ) as talked_until

    from legs

),

-- what a call takes from the first leg that has it
placed as (

    select
        *,
        first_value(store_id ignore nulls) over by_leg as call_store_id,
        coalesce(first_value(nullif(direction, 'internal') ignore nulls) over by_leg, 'internal')
            as call_direction,
        first_value(phone ignore nulls) over by_leg as call_phone

    from timed
    window by_leg as (
        partition by source_name, call_id order by leg_number
        rows between unbounded preceding and unbounded following
    )

),

-- outbound: who called; inbound: the first who talked, else the first desk that rang
ranked as (

    select
        *,
        row_number() over (
            partition by source_name, call_id
            order by
                extension is null,
                case when call_direction = 'inbound' then talk_from is null end,
                case when call_direction = 'inbound' then staff_id is null end,
                leg_number
        ) as desk_rank

    from placed

),

final as (

    select
        source_name,
        call_id,
        call_store_id as store_id,
        call_direction as direction,
        call_phone as phone,
        min(started_at) as started_at,
        min(started_at)::date as called_on,
        max(staff_id) filter (where desk_rank = 1) as staff_id,
        max(staff_match) filter (where desk_rank = 1) as staff_match,
        count(talk_from) > 0 as is_answered,
        coalesce(
            sum(greatest(
                date_diff('second', greatest(talk_from, talked_until), talk_to), 0
            )) filter (where talk_from is not null),
            0
        )::bigint as talk_seconds,
        greatest(
            date_diff('second', min(started_at), coalesce(min(talk_from), max(ended_at))), 0
        ) as wait_seconds,
        count(*) as legs,
        call_phone is null and bool_or(is_number_hidden) as is_number_hidden

    from ranked
    group by source_name, call_id, call_store_id, call_direction, call_phone

)

select * from final
