{{ config(alias='assignment') }}

{#
    Whose the vehicles are. book: today's frozen ones, and earlier ones of vehicles that left since. calls: whose the step
    in force is, for its role, and what earlier nights said of other roles and vehicles.
#}
with

universe as (

    select * from {{ ref('int_due_universe') }}
    where
        is_frozen
        and book_owner is not null

),

earlier as (

    select * from {{ ref('int_assignment_archived') }}

),

kept as (

    select * from {{ ref('int_assignment_kept') }}

),

turns as (

    select * from {{ ref('int_cascade_deal') }}
    where is_begun and assigned_id is not null

),

months as (

    select expiry_month from {{ ref('int_month_list') }}
    where is_due_month

),

combined as (

    select
        store_id,
        vin,
        expiry_month,
        'book' as duty,
        book_owner as staff_id,
        'renewal_specialist' as role,
        coalesce(assigned_on, frozen_on) as assigned_on
    from universe

    union all

    select
        earlier.store_id,
        earlier.vin,
        earlier.expiry_month,
        'book' as duty,
        earlier.staff_id,
        earlier.role,
        earlier.assigned_on
    from earlier
    inner join months on earlier.expiry_month = months.expiry_month
    left join universe
        on
            earlier.store_id = universe.store_id
            and earlier.vin = universe.vin
            and earlier.expiry_month = universe.expiry_month
    where universe.vin is null

    union all

    select
        store_id,
        vin,
        expiry_month,
        'calls' as duty,
        assigned_id as staff_id,
        role,
        assigned_on
    from turns

    union all

    select
        kept.store_id,
        kept.vin,
        kept.expiry_month,
        'calls' as duty,
        kept.staff_id,
        kept.role,
        kept.assigned_on
    from kept
    inner join months using (expiry_month)
    anti join turns
        on
            kept.store_id = turns.store_id
            and kept.vin = turns.vin
            and kept.expiry_month = turns.expiry_month
            and kept.role = turns.role

)

select * from combined
