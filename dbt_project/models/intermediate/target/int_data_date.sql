{#
    The day up to which the policies of every insurer that still delivers are known; never later than the
    day before as_of.
#}
with

sources as (

    select * from {{ archive('source_status') }}
    where entity = 'policy'

),

parameters as (

    select * from {{ ref('int_target_parameter_resolve') }}
    where store_id = '*' and parameter = 'data_age_days'

),

alive as (

    select min(sources.last_good_business_date) as oldest_on

    from sources
    inner join
        parameters
        on {{ as_of() }} between parameters.effective_from and parameters.effective_to
    where sources.last_good_business_date >= {{ as_of() }} - parameters.value::integer

),

dated as (

    select least(coalesce(oldest_on, {{ as_of() }} - 1), {{ as_of() }} - 1)::date as data_date
    from alive

)

select * from dated
