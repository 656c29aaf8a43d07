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
had as (

    select
        legs.store_id,
        legs.extension,
        legs.called_on,
        count(distinct staff.staff_id) as people,
        min(staff.staff_id) as staff_id

    from legs
    inner join staff
        on
            legs.extension = staff.extension
            and legs.called_on >= staff.valid_from
            and legs.called_on <= coalesce(staff.valid_to, date '9999-12-31')
    where legs.store_id is null or legs.store_id = staff.store_id
    group by all

),

final as (

    select
        legs.store_id,
        legs.extension,
        legs.called_on,
        case when had.people = 1 then had.staff_id end as staff_id,
        case
            when had.people is null then 'unknown'
            when had.people = 1 then 'matched'
            else 'ambiguous'
        end as staff_match

    from legs
    left join had
        on
            legs.store_id is not distinct from had.store_id
            and legs.extension = had.extension
            and legs.called_on = had.called_on

)

select * from final
