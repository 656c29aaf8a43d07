{{ config(alias='assignment') }}

{# Books that are fixed: today's frozen ones, and earlier ones of vehicles that left since. #}
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

months as (

    select expiry_month from {{ ref('int_month_list') }}
    where is_due_month

),

combined as (

    select
        store_id,
        vin,
        expiry_month,
        book_owner as staff_id,
        'renewal_specialist' as role,
        coalesce(assigned_on, frozen_on) as assigned_on
    from universe

    union all

    select
        earlier.store_id,
        earlier.vin,
        earlier.expiry_month,
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

)

select * from combined
