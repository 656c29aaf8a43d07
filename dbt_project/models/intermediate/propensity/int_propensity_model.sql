{# The newest model that was archived before as_of, part by part; empty before the first one. #}
with

archived as (

    select * from {{ archive('propensity_model') }}

)

select * from archived
