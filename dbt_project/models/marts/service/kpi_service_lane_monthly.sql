with

appointments as (

    select
        store_id,
        cast(date_trunc('month', appointed_at) as date) as month,
        count(*) as appointments
    from {{ ref('stg_dms__service_appointment') }}
    where
        status <> 'cancelled'
        and appointed_at < {{ as_of() }}
    group by all

),

due as (

    select
        store_id,
        cast(date_trunc('month', appointed_at) as date) as month,
        count(*) as due_appointments,
        count(*) filter (where status = 'arrived') as arrived_due,
        count(*) filter (where status = 'arrived' and is_quoted_since) as quoted_since,
        count(*) filter (where status = 'arrived' and is_renewed_since) as renewed_since,
        count(*) filter (where status = 'arrived' and outcome = 'open') as still_open
    from {{ ref('fct_service_lane') }}
    where status <> 'ahead'
    group by all

),

joined as (

    select
        appointments.*,
        coalesce(due.due_appointments, 0) as due_appointments,
        coalesce(due.arrived_due, 0) as arrived_due,
        coalesce(due.quoted_since, 0) as quoted_since,
        coalesce(due.renewed_since, 0) as renewed_since,
        coalesce(due.still_open, 0) as still_open
    from appointments
    left join due using (store_id, month)

)

select * from joined
