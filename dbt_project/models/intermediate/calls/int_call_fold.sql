with

legs as (

    select * from {{ ref('int_call_leg_desk') }}

),

several as (

    select * from {{ ref('int_call_several_fold') }}

),

-- nearly all calls have one leg: they need no sorting
calls as (

    select
        legs.source_name,
        legs.call_id,
        legs.store_id,
        legs.direction,
        legs.phone,
        legs.started_at,
        legs.ended_at,
        legs.talk_from,
        legs.staff_id,
        legs.staff_match,
        legs.talk_seconds,
        1 as legs,
        legs.is_number_hidden

    from legs
    anti join several
        on
            legs.source_name = several.source_name
            and legs.call_id = several.call_id
    union all
    select
        source_name,
        call_id,
        store_id,
        direction,
        phone,
        started_at,
        ended_at,
        talk_from,
        staff_id,
        staff_match,
        talk_seconds,
        legs,
        is_number_hidden

    from several

),

final as (

    select
        source_name,
        call_id,
        store_id,
        direction,
        phone,
        started_at,
        started_at::date as called_on,
        staff_id,
        staff_match,
        talk_from is not null as is_answered,
        coalesce(talk_seconds, 0) as talk_seconds,
        greatest(date_diff('second', started_at, coalesce(talk_from, ended_at)), 0)
            as wait_seconds,
        legs::bigint as legs,
        phone is null and is_number_hidden as is_number_hidden

    from calls

)

select * from final
