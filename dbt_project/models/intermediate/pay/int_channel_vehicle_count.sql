{#
    A vehicle counts for the manager who has the channel on its expiry date.
#}
with

channels as (

    select * from {{ ref('stg_dms__channel') }}

),

due as (

    select * from {{ ref('int_due_vehicle') }}
    where target_rate is not null

),

by_target as (

    select
        channels.insurer_code,
        channels.manager_id,
        channels.store_id,
        due.expiry_month as month,
        due.segment,
        due.target_rate,
        count(*) as due_vehicles,
        count(*) filter (
            where due.outcome = 'renewed_here' and due.renewed_insurer_code = channels.insurer_code
        ) as renewed_vehicles

    from channels
    inner join
        due
        on
            channels.store_id = due.store_id
            and channels.insurer_code = due.expiring_insurer_code
            and channels.valid_from <= due.expires_on
            and coalesce(channels.valid_to, date '9999-12-31') >= due.expires_on
    group by all

),

summed as (

    select
        insurer_code,
        manager_id,
        month,
        sum(due_vehicles)::bigint as due_vehicles,
        sum(ceil(due_vehicles * target_rate))::bigint as target_vehicles,
        sum(renewed_vehicles)::bigint as renewed_vehicles

    from by_target
    group by all

)

select * from summed
