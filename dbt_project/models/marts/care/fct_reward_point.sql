with

entries as (

    select * from {{ ref('stg_dms__reward_point') }}

),

balanced as (

    select
        store_id,
        entry_number,
        {{ pseudonym("'customer:' || store_id || ':' || customer_id") }} as customer_key,
        booked_on,
        reason,
        points,
        cast(sum(points) over (
            partition by store_id, customer_id
            order by booked_on, entry_number
            rows unbounded preceding
        ) as bigint) as balance_points
    from entries

)

select * from balanced
