with

counts as (

    select * from {{ ref('int_bonus_count') }}

),

-- the numerator stays part of the denominator: who has renewed all has no next vehicle
open as (

    select * from counts
    where renewed_vehicles < renewable_vehicles

),

one_more as (

    select
        * replace (
            renewed_vehicles + 1 as renewed_vehicles,
            full_cover_vehicles + 1 as full_cover_vehicles
        ),
        'full_cover' as next_vehicle
    from open
    union all by name
    select
        * replace (renewed_vehicles + 1 as renewed_vehicles),
        'basic' as next_vehicle
    from open

)

select * from one_more
