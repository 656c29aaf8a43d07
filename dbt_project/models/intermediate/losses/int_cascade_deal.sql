{#
    Vehicles that nobody has yet are dealt out, in each store and role, to those who are at work that
    day: least loaded first, round by round, the vehicles in order of their segments. So the shares
    of a night differ by one at most, altogether and of each segment. Load: open vehicles in the role
    that are somebody's. Who got one keeps it (archived).
#}
with

turns as (

    select * from {{ ref('int_cascade_turn') }}

),

days as (

    select * from {{ ref('int_call_list_day') }}

),

loads as (

    select
        store_id,
        role,
        coalesce(named_id, settled_id) as staff_id,
        count(*) as vehicles
    from turns
    where coalesce(named_id, settled_id) is not null
    group by all

),

present as (

    select distinct
        staff.store_id,
        staff.role,
        staff.staff_id
    from {{ ref('int_staff_presence') }} as staff
    inner join days using (store_id)
    where days.list_for_on between staff.present_from and staff.present_to

),

seated as (

    select
        present.*,
        row_number() over (
            partition by present.store_id, present.role
            order by coalesce(loads.vehicles, 0), present.staff_id
        ) - 1 as seat,
        count(*) over (partition by present.store_id, present.role) as seats
    from present
    left join loads using (store_id, role, staff_id)

),

newcomers as (

    select
        store_id,
        vin,
        expiry_month,
        role,
        row_number() over (
            partition by store_id, role
            order by segment, md5(vin), vin, expiry_month
        ) - 1 as place
    from turns
    where is_begun and named_id is null and settled_id is null

),

dealt as (

    select
        newcomers.store_id,
        newcomers.vin,
        newcomers.expiry_month,
        seated.staff_id
    from newcomers
    inner join seated
        on
            newcomers.store_id = seated.store_id
            and newcomers.role = seated.role
            and newcomers.place % seated.seats = seated.seat

),

assigned as (

    select
        turns.* exclude (settled_id, kept_id, kept_since, known_id, reassignments),
        coalesce(turns.settled_id, dealt.staff_id) as assigned_id,
        if(turns.settled_id = turns.kept_id, turns.kept_since, turns.list_for_on) as assigned_on
    from turns
    left join dealt using (store_id, vin, expiry_month)

)

select * from assigned
