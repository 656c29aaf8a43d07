{#
    One row per vehicle and expiry month with its one home store: the issuer of the expiring
    policy, else the store of the last service within 24 months, else the seller; a vehicle with
    none of these belongs to the store that keeps its file, was told, or issued its last known
    policy. Service and locality are as they were known on ref_on.
#}
with

slots as (

    select * from {{ ref('int_due_slot') }}

),

terms as (

    select * from {{ ref('int_policy_term') }}

),

visits as (

    select * from {{ ref('int_visit_day') }}

),

vehicles as (

    select * from {{ ref('int_vehicle_merge') }}

),

told as (

    select * from {{ ref('int_known_policy_union') }}
    qualify row_number() over (partition by vin order by reported_on, source_record) = 1

),

policies as (

    select
        policy_id,
        issuing_store_id
    from {{ ref('int_policy_expire') }}

),

parameters as (

    select * from {{ ref('int_renewal_parameter_monthly') }}
    where store_id = '*'

),

visited as (

    select
        slots.*,
        visits.visited_on as last_visit_before_ref_on,
        visits.store_id as visited_store_id
    from slots
    asof left join visits
        on
            slots.vin = visits.vin
            and slots.ref_on > visits.visited_on

),

homes as (

    select
        visited.* exclude (visited_store_id),
        cast(
            visited.ref_on - to_months(cast(parameters.service_lookback_months as integer)) as date
        ) as service_since_on,
        coalesce(
            terms.issuing_store_id,
            case
                when
                    visited.last_visit_before_ref_on
                    >= visited.ref_on
                    - to_months(cast(parameters.service_lookback_months as integer))
                    then visited.visited_store_id
            end,
            case when vehicles.sold_on < visited.ref_on then vehicles.selling_store_id end,
            vehicles.file_store_id,
            vehicles.selling_store_id,
            told.store_id,
            anchors.issuing_store_id
        ) as store_id
    from visited
    inner join parameters on visited.expiry_month = parameters.expiry_month
    left join terms on visited.term_id = terms.term_id
    left join vehicles on visited.vin = vehicles.vin
    left join told on visited.vin = told.vin
    left join policies as anchors on visited.source_record = anchors.policy_id

),

-- a policy issued outside the group for a vehicle that no store knows is nobody's
at_home as (

    select * from homes
    where store_id is not null

)

select * from at_home
