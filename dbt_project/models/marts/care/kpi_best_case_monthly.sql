with

cases as (

    select
        store_id,
        cast(date_trunc('month', renewed_on) as date) as month,
        best_case,
        count(*) as best_cases
    from {{ ref('fct_best_case') }}
    group by all

),

wins as (

    select
        store_id,
        cast(date_trunc('month', renewed_on) as date) as month,
        count(*) as won_vehicles
    from {{ ref('int_renewal_win') }}
    group by all

),

joined as (

    select
        cases.*,
        wins.won_vehicles
    from cases
    inner join wins using (store_id, month)

)

select * from joined
