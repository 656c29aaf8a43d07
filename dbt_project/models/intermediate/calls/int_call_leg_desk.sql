{{ config(materialized='view') }}

with

legs as (

    select * from {{ ref('int_call_leg_split') }}

),

staff as (

    select * from {{ ref('int_extension_staff_match') }}

),

final as (

    select
        legs.*,
        staff.staff_id,
        coalesce(staff.staff_match, 'no_extension') as staff_match,
        date_diff('second', legs.talk_from, legs.talk_to) as talk_seconds

    from legs
    left join staff
        on
            legs.extension = staff.extension
            and legs.store_id is not distinct from staff.store_id
            and legs.started_at::date = staff.called_on

)

select * from final
