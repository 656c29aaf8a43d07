with

basis as (

    select * from {{ ref('int_propensity_basis') }}

)

select * from basis
