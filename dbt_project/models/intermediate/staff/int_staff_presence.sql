{#
    One row per person, role, store and range of days on which the person holds the role and is not on leave. A period
    without leave is one range; a leave cuts it in two.
#}
with

staff as (

    select
        staff_id,
        staff_name,
        store_id,
        role,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('stg_dms__staff') }}

),

leaves as (

    select
        staff_id,
        starts_on,
        coalesce(ends_on, date '9999-12-31') as ends_on
    from {{ ref('stg_dms__staff_leave') }}

),

-- what bounds a range: the days before the period, each leave, and the days after it
absences as (

    select
        *,
        unnest([valid_from - 1, valid_to + 1]) as away_from,
        unnest([valid_from - 1, valid_to + 1]) as away_to
    from staff

    union all

    select
        staff.*,
        leaves.starts_on as away_from,
        leaves.ends_on as away_to
    from staff
    inner join leaves
        on
            staff.staff_id = leaves.staff_id
            and staff.valid_to >= leaves.starts_on
            and staff.valid_from <= leaves.ends_on

),

ranges as (

    select
        staff_id,
        staff_name,
        store_id,
        role,
        max(away_to) over (
            partition by staff_id, store_id, role, valid_from, valid_to
            order by away_from, away_to
            rows between unbounded preceding and 1 preceding
        ) + 1 as present_from,
        away_from - 1 as present_to
    from absences

),

final as (

    select * from ranges
    where present_from <= present_to

)

select * from final
