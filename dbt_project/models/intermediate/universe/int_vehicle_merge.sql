{# One row per VIN that the DMS knows: file, first and last sale, owner's contact data. #}
with

files as (

    select * from {{ ref('stg_dms__vehicle') }}

),

sales as (

    select * from {{ ref('stg_dms__vehicle_sale') }}

),

customers as (

    select * from {{ ref('stg_dms__customer') }}

),

last_sale as (

    select * from sales
    qualify row_number() over (partition by vin order by sold_on desc, sale_number desc) = 1

),

merged as (

    select
        coalesce(files.vin, last_sale.vin) as vin,
        files.store_id as file_store_id,
        files.plate_number,
        files.brand,
        files.model,
        files.first_registered_on,
        files.list_price_amount,
        files.created_on,
        last_sale.store_id as selling_store_id,
        last_sale.sold_on,
        last_sale.sale_number,
        last_sale.is_financed,
        coalesce(files.customer_id, last_sale.customer_id) as customer_id
    from files
    full outer join last_sale on files.vin = last_sale.vin

),

contacted as (

    select
        merged.*,
        coalesce(customers.store_id, merged.file_store_id, merged.selling_store_id)
            as customer_store_id,
        customers.customer_type,
        customers.customer_name,
        coalesce(customers.phone, customers.second_phone) as phone,
        customers.second_phone,
        customers.city,
        customers.data_origin
    from merged
    left join customers on merged.customer_id = customers.customer_id

)

select * from contacted
