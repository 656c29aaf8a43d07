{#
    One row per vehicle with what is needed to reach its owner: the DMS first, else what the
    newest policy says.
#}
with

policies as (

    select * from {{ ref('int_policy_expire') }}

),

vehicles as (

    select * from {{ ref('int_vehicle_merge') }}

),

-- the DMS knows all of most owners
incomplete as (

    select policies.* from policies
    anti join vehicles
        on
            policies.vin = vehicles.vin
            and vehicles.customer_name is not null
            and vehicles.phone is not null
            and vehicles.plate_number is not null

),

insured as (

    select
        vin,
        plate_number,
        insured_name,
        insured_phone
    from incomplete
    qualify row_number() over (partition by vin order by signed_on desc, policy_id desc) = 1

),

visits as (

    select * from {{ ref('int_last_visit') }}

),

vins as (

    select vin from policies
    union
    select vin from vehicles
    union
    select vin from {{ ref('int_known_policy_union') }}

),

joined as (

    select
        vins.vin,
        {{ pseudonym("'vin:' || vins.vin") }} as vehicle_key,
        vehicles.customer_id,
        {{ pseudonym("'customer:' || vehicles.customer_store_id || ':' || vehicles.customer_id") }}
            as customer_key,
        vehicles.customer_type,
        coalesce(vehicles.customer_name, insured.insured_name) as customer_name,
        coalesce(vehicles.phone, insured.insured_phone) as phone,
        coalesce(vehicles.plate_number, insured.plate_number) as plate_number,
        vehicles.brand,
        vehicles.model,
        coalesce(vehicles.first_registered_on, vehicles.sold_on) as first_registered_on,
        visits.last_visit_on
    from vins
    left join insured on vins.vin = insured.vin
    left join vehicles on vins.vin = vehicles.vin
    left join visits on vins.vin = visits.vin

)

select * from joined
