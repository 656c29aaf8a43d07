with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

days as (

    select * from {{ ref('int_call_list_parameter_daily') }}

),

turns as (

    select * from {{ ref('int_cascade_position') }}

),

-- open vehicles that have not passed the last day of calling; the earlier expiry drives days left
candidates as (

    select
        due.*,
        days.list_for_on,
        (due.first_expires_on - days.list_for_on)::integer as days_left

    from due
    inner join days on due.store_id = days.store_id
    where
        due.outcome = 'open'
        and due.expires_on + days.last_call_days::integer >= days.list_for_on
    qualify row_number() over (
        partition by due.vin
        order by due.first_expires_on, due.expires_on, due.store_id, due.expiry_month
    ) = 1

),

final as (

    select
        candidates.*,
        turns.step,
        turns.entered_on as step_entered_on,
        turns.owner_id as recipient_id,
        turns.owner_role as recipient_role

    from candidates
    left join turns
        on
            candidates.store_id = turns.store_id
            and candidates.vin = turns.vin
            and candidates.expiry_month = turns.expiry_month

)

select * from final
