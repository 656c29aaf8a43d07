with

legs as (

    select * from {{ ref('int_call_leg_desk') }}

),

several as (

    select
        source_name,
        call_id

    from legs
    group by all
    having count(*) > 1

),

-- seconds that an earlier leg of the same call has not talked already
timed as (

    select
        legs.*,
        row_number() over (
            partition by legs.source_name, legs.call_id order by legs.started_at, legs.leg_id
        ) as leg_number,
        max(legs.talk_to) over (
            partition by legs.source_name, legs.call_id
            order by legs.talk_from nulls first, legs.leg_id
            rows between unbounded preceding and 1 preceding
        ) as talked_until

    from legs
    semi join several
        on
            legs.source_name = several.source_name
            and legs.call_id = several.call_id

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
        max(ended_at) as ended_at,
        min(talk_from) as talk_from,
        max(staff_id) filter (where desk_rank = 1) as staff_id,
        max(staff_match) filter (where desk_rank = 1) as staff_match,
        sum(greatest(
            date_diff('second', greatest(talk_from, talked_until), talk_to), 0
        )) filter (where talk_from is not null)::bigint as talk_seconds,
        count(*) as legs,
        bool_or(is_number_hidden) as is_number_hidden

    from ranked
    group by source_name, call_id, call_store_id, call_direction, call_phone

)

select * from final
