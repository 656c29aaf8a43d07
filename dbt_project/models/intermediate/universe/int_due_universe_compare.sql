{#
    One row per store, vehicle and expiry month of today's due universe or of the newest
    archived one: whether it was and is in it, and by which movement it came or went.
#}
with

today as (

    select * from {{ ref('int_due_universe') }}

),

months as (

    select expiry_month from {{ ref('int_month_list') }}
    where is_due_month

),

before as (

    select archived.* from {{ ref('int_due_universe_archived') }} as archived
    inner join months on archived.expiry_month = months.expiry_month

),

known as (

    select vin from {{ ref('int_due_contact') }}

),

-- where a vehicle was in the universe before, by month
was_in as (

    select distinct
        vin,
        expiry_month
    from before
    where status = 'in'

),

-- vehicles that left a month without leaving the world
moved as (

    select distinct was_in.vin
    from was_in
    left join today on was_in.vin = today.vin and was_in.expiry_month = today.expiry_month
    where today.vin is null

),

compared as (

    select
        coalesce(today.store_id, before.store_id) as store_id,
        coalesce(today.vin, before.vin) as vin,
        coalesce(today.expiry_month, before.expiry_month) as expiry_month,
        before.status as status_before,
        today.status as status_today,
        coalesce(before.status = 'in', false) as was_in,
        coalesce(today.status = 'in', false) as is_in
    from today
    full outer join before
        on
            today.store_id = before.store_id
            and today.vin = before.vin
            and today.expiry_month = before.expiry_month

),

explained as (

    select
        compared.*,
        case
            when compared.was_in and compared.is_in then 'stayed'
            when compared.is_in and compared.status_before is not null then 'reinstated'
            when compared.is_in and was_in.vin is not null then 'transferred_in'
            when compared.is_in and moved.vin is not null then 'date_moved_in'
            when compared.is_in then 'new'
            when not compared.was_in then 'none'
            when compared.status_today is not null then compared.status_today
            when elsewhere.status = 'in' then 'transferred_out'
            when elsewhere.status is not null then elsewhere.status
            when known.vin is null then 'merged'
            else 'date_moved_out'
        end as movement
    from compared
    left join was_in on compared.vin = was_in.vin and compared.expiry_month = was_in.expiry_month
    left join moved on compared.vin = moved.vin
    left join known on compared.vin = known.vin
    left join today as elsewhere
        on compared.vin = elsewhere.vin and compared.expiry_month = elsewhere.expiry_month

),

settled as (

    select
        *,
        case
            when is_in then 'in'
            when was_in then movement
            else coalesce(status_today, status_before)
        end as status
    from explained

)

select * from settled
