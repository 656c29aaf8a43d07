{{ config(materialized='view') }}

with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

people as (

    select * from {{ ref('int_bonus_person_select') }}

),

lines as (

    select
        people.store_id,
        people.staff_id,
        people.role,
        people.scope,
        people.month,
        people.plan_id,
        people.is_closed,
        due.vin,
        due.vehicle_key,
        due.plate_number,
        due.segment,
        due.expires_on,
        due.outcome,
        due.renewed_on,
        due.renewed_policy_number,
        due.full_cover_on is not null
        and (people.is_closed or due.full_cover_on <= last_day(people.month)) as is_full_cover,
        list_contains(
            string_split(people.renewable_segments, ';'), due.segment
        ) as is_in_plan_segment,
        list_contains(people.active_dates, due.expires_on) as is_active_on_expiry

    from people
    inner join due
        on
            people.store_id = due.store_id
            and people.month = due.expiry_month
            and (people.scope = 'store' or people.staff_id = due.book_owner)

),

judged as (

    select
        *,
        is_in_plan_segment and is_active_on_expiry as is_renewable,
        case
            when not is_in_plan_segment then 'segment_not_in_plan'
            when not is_active_on_expiry then 'not_in_role_on_expiry'
            when outcome = 'renewed_elsewhere' then 'renewed_elsewhere'
            when outcome = 'lost' then 'lost'
            when outcome = 'open' then 'not_renewed_yet'
            when renewed_on > last_day(month) and is_closed then 'top_up'
            when renewed_on > last_day(month) then 'signed_after_month_end'
            else 'counted'
        end as reason

    from lines

),

counted as (

    select
        *,
        reason in ('counted', 'top_up') as is_counted,
        reason in ('counted', 'top_up') and is_full_cover as is_full_cover_counted

    from judged

)

select * from counted
