with

archived as (

    select
        * exclude (_as_of, _revision),
        {{ pseudonym("'vin:' || vin") }} as vehicle_key,
        -- what was paid for last
        row_number() over (
            partition by store_id, staff_id, role, month, vin order by paid_month desc
        ) = 1 as is_newest

    from {{ archive('statement_line') }}

)

select * from archived
