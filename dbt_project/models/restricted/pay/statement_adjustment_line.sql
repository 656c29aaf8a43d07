with

paid as (

    select archived.*
    from {{ ref('int_statement_line_archived') }} as archived
    inner join {{ ref('int_month_close') }} as closes
        on archived.store_id = closes.store_id and archived.month = closes.month
    where archived.is_newest

),

recomputed as (

    select
        * rename (renewed_policy_number as policy_number, renewed_on as signed_on),
        right(plate_number, 4) as plate_tail

    from {{ ref('int_bonus_vehicle_judge') }}
    where is_closed

),

compared as (

    select
        coalesce(recomputed.store_id, paid.store_id) as store_id,
        coalesce(recomputed.staff_id, paid.staff_id) as staff_id,
        coalesce(recomputed.role, paid.role) as role,
        coalesce(recomputed.month, paid.month) as month,
        coalesce(recomputed.vin, paid.vin) as vin,
        coalesce(recomputed.vehicle_key, paid.vehicle_key) as vehicle_key,
        coalesce(recomputed.plate_tail, paid.plate_tail) as plate_tail,
        coalesce(recomputed.policy_number, paid.policy_number) as policy_number,
        coalesce(recomputed.expires_on, paid.expires_on) as expires_on,
        coalesce(recomputed.signed_on, paid.signed_on) as signed_on,
        coalesce(paid.is_renewable, false) as was_renewable,
        coalesce(paid.is_counted, false) as was_counted,
        coalesce(paid.is_counted and paid.is_full_cover, false) as was_full_cover,
        coalesce(recomputed.is_renewable, false) as is_renewable,
        coalesce(recomputed.is_counted, false) as is_counted,
        coalesce(recomputed.is_counted and recomputed.is_full_cover, false) as is_full_cover,
        coalesce(recomputed.reason, 'no_longer_due') as reason,
        coalesce(recomputed.plan_id, paid.plan_id) as plan_id

    from recomputed
    full join
        paid
        on
            recomputed.store_id = paid.store_id
            and recomputed.staff_id = paid.staff_id
            and recomputed.role = paid.role
            and recomputed.month = paid.month
            and recomputed.vin = paid.vin

),

changed as (

    select
        *,
        case
            when is_counted and not was_counted and reason = 'top_up' then 'top_up'
            when is_counted and not was_counted then 'counted_now'
            when was_counted and not is_counted then 'reversed'
            when is_full_cover and not was_full_cover then 'full_cover_now'
            when was_full_cover and not is_full_cover then 'full_cover_lost'
            when is_renewable then 'renewable_now'
            else 'renewable_no_more'
        end as change

    from compared
    where
        (was_renewable, was_counted, was_full_cover) <> (is_renewable, is_counted, is_full_cover)

)

select * from changed
