with

claims as (

    select * from {{ ref('fct_claimed_renewal') }}

),

counted as (

    select
        store_id,
        staff_id,
        cast(date_trunc('month', claimed_on) as date) as month,
        count(*) as claimed,
        count(*) filter (where state = 'issued') as issued,
        count(*) filter (where state = 'issued_late') as issued_late,
        count(*) filter (where state = 'issued_elsewhere') as issued_elsewhere,
        count(*) filter (where state = 'waiting') as waiting,
        count(*) filter (where state = 'not_issued') as not_issued
    from claims
    group by all

)

select * from counted
