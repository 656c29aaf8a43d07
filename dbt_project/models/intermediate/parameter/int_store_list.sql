with

stores as (

    select * from {{ ref('stg_dms__store') }}

),

policies as (

    select * from {{ ref('stg_insurer__policy') }}

),

-- without a store table every code that issues policies is a store
issuing as (

    select distinct issuing_store_code as store_id
    from policies
    where
        issuing_store_code is not null
        and not exists (select 1 from stores)

),

listed as (

    select
        store_id,
        store_name,
        city,
        plate_prefixes
    from stores
    union all
    select
        store_id,
        store_id as store_name,
        null as city,
        null as plate_prefixes
    from issuing

)

select * from listed
