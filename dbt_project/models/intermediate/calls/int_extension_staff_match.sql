with

legs as (

    select distinct
        store_id,
        extension,
        started_at::date as called_on

    from {{ ref('int_call_leg_split') }}
    where extension is not null

),

staff as (

    select * from {{ ref('stg_dms__staff') }}
    where extension is not null

),

-- who had the desk on the day of the call
final as (

    select
        legs.store_id,
        legs.extension,
        legs.called_on,
        case when count(distinct staff.staff_id) = 1 then min(staff.staff_id) end as staff_id,
        case count(distinct staff.staff_id)
            when 0 then 'unknown'
            when 1 then 'matched'
            else 'ambiguous'
        end as staff_match

    from legs
    left join staff
        on
            legs.extension = staff.extension
            and (legs.store_id is null or legs.store_id = staff.store_id)
            and legs.called_on between staff.valid_from and coalesce(
                staff.valid_to, legs.called_on
            )
    group by all

)

select * from final
