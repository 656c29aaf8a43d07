with

due as (

    select * from {{ ref('int_due_vehicle') }}
    where outcome = 'renewed_here'

),

signed as (

    select
        store_id,
        expiry_month,
        renewed_on as signed_on,
        count(*) as vehicles
    from due
    group by all

)

select * from signed
