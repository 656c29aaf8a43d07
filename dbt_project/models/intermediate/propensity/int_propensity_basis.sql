{#
    One row: whether a model scores tonight, and if not, why. Vehicles of months that the model has
    seen are not scored by it.
#}
with

parameters as (

    select
        max(value) filter (where parameter = 'propensity_least_vehicles')::integer
            as least_vehicles,
        max(value) filter (where parameter = 'propensity_least_each')::integer as least_each
    from {{ ref('int_renewal_parameter_resolve') }}
    where store_id = '*' and {{ as_of() }} between effective_from and effective_to

),

months as (

    select
        min(expiry_month) filter (where part = 'learn') as learn_from_month,
        min(expiry_month) filter (where part = 'calibrate') as calibrate_from_month,
        min(expiry_month) filter (where part = 'hold_out') as hold_out_from_month,
        max(expiry_month) as matured_to_month,
        coalesce(sum(vehicles), 0)::bigint as vehicles,
        coalesce(sum(renewed_vehicles), 0)::bigint as renewed_vehicles
    from {{ ref('int_propensity_month') }}

),

-- nothing is learned, calibrated or compared where all did the same
parts as (

    select part
    from {{ ref('int_propensity_month') }}
    group by part
    having sum(renewed_vehicles) > 0 and sum(renewed_vehicles) < sum(vehicles)

),

model as (

    select
        max(_as_of) as model_as_of,
        max(_revision) as model_revision,
        max(word) filter (where part = 'fact' and feature = 'seen_to_month')::date
            as model_seen_to_month
    from {{ ref('int_propensity_model') }}

),

judged as (

    select
        months.*,
        parameters.*,
        model.*,
        (select count(*) from parts) = 3
        and months.vehicles >= parameters.least_vehicles
        and least(months.renewed_vehicles, months.vehicles - months.renewed_vehicles)
        >= parameters.least_each as is_enough
    from months
    cross join parameters
    cross join model

),

final as (

    select
        {{ as_of() }} as as_of,
        case
            when not is_enough then 'too_little_data'
            when model_as_of is null then 'no_model'
            else 'model'
        end as status,
        *
    from judged

)

select * from final
