{#
    One row per matured expiry month at whose freeze a year of papers was known: what a model
    learns from it. Months are taken from the newest back: held out, for calibration, to learn.
#}
with

parameters as (

    select
        max(value) filter (where parameter = 'propensity_history_months')::integer
            as history_months,
        max(value) filter (where parameter = 'propensity_hold_out_months')::integer
            as hold_out_months,
        max(value) filter (where parameter = 'propensity_calibrate_months')::integer
            as calibrate_months,
        max(value) filter (where parameter = 'propensity_learn_months')::integer as learn_months
    from {{ ref('int_renewal_parameter_resolve') }}
    where store_id = '*' and {{ as_of() }} between effective_from and effective_to

),

papers as (

    select min(signed_on) as first_signed_on from {{ ref('stg_insurer__policy') }}

),

matured as (

    select
        expiry_month,
        count(*) as vehicles,
        count(*) filter (where is_renewed_here) as renewed_vehicles
    from {{ ref('int_propensity_case') }}
    group by all
    having bool_and(is_matured)

),

ranked as (

    select
        matured.*,
        parameters.* exclude (history_months),
        row_number() over (order by matured.expiry_month desc) as months_back
    from matured
    inner join {{ ref('int_renewal_parameter_monthly') }} as months
        on matured.expiry_month = months.expiry_month and months.store_id = '*'
    cross join parameters
    cross join papers
    where
        papers.first_signed_on + to_months(parameters.history_months) <= months.freeze_on

),

parted as (

    select
        expiry_month,
        vehicles,
        renewed_vehicles,
        case
            when months_back <= hold_out_months then 'hold_out'
            when months_back <= hold_out_months + calibrate_months then 'calibrate'
            else 'learn'
        end as part
    from ranked
    where months_back <= hold_out_months + calibrate_months + learn_months

)

select * from parted
