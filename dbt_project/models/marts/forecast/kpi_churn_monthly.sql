with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

counted as (

    select
        store_id,
        expiry_month,

        ---------- insured here last year
        count(*) filter (where segment = 'insured_here_last_year') as insured_here,
        count(*) filter (
            where segment = 'insured_here_last_year' and outcome = 'renewed_here'
        ) as kept,
        count(*) filter (
            where
            segment = 'insured_here_last_year'
            and outcome in ('lost', 'renewed_elsewhere')
        ) as churned,
        count(*) filter (
            where segment = 'insured_here_last_year' and outcome = 'renewed_elsewhere'
        ) as churned_elsewhere,

        ---------- insured here before, not last year
        count(*) filter (where trade_type = 'intermittent') as lapsed_before,
        count(*) filter (
            where trade_type = 'intermittent' and outcome = 'renewed_here'
        ) as won_back,
        bool_and(is_matured) as is_matured
    from due
    group by all

)

select * from counted
