with

gaps as (

    select
        store_id,
        vehicle_key,
        expiry_month,
        array_to_string(list(gap order by gap), ';') as gaps
    from {{ ref('fct_data_gap') }}
    where outcome = 'open'
    group by all

),

due as (

    select * from {{ ref('int_due_vehicle') }}

),

vehicles as (

    select * from {{ ref('int_vehicle_merge') }}

),

customers as (

    select * from {{ ref('stg_dms__customer') }}

),

do_not_call as (

    select * from {{ ref('int_do_not_call_bind') }}
    where coalesce(ends_on >= {{ as_of() }}, true)

),

listed as (

    select
        'due_vehicle' as list_kind,
        due.store_id,
        due.vin as subject,
        due.vin,
        due.plate_number,
        due.customer_id,
        due.customer_name,
        due.phone,
        due.expiry_month,
        due.first_expires_on,
        due.expiry_is_estimated,
        due.segment,
        gaps.gaps
    from gaps
    inner join due using (store_id, vehicle_key, expiry_month)

    union all

    -- a vehicle of which nobody knows a day from which its expiry could be told
    select
        'vehicle_without_date' as list_kind,
        vehicles.customer_store_id as store_id,
        vehicles.vin as subject,
        vehicles.vin,
        vehicles.plate_number,
        vehicles.customer_id,
        vehicles.customer_name,
        vehicles.phone,
        null as expiry_month,
        null as first_expires_on,
        null as expiry_is_estimated,
        null as segment,
        'expiry' as gaps
    from vehicles
    anti join {{ ref('int_expiry_anchor') }} as anchors on vehicles.vin = anchors.vin

    union all

    -- a customer with a phone and no vehicle
    select
        'customer_without_vehicle' as list_kind,
        customers.store_id,
        customers.customer_id as subject,
        null as vin,
        null as plate_number,
        customers.customer_id,
        customers.customer_name,
        coalesce(customers.phone, customers.second_phone) as phone,
        null as expiry_month,
        null as first_expires_on,
        null as expiry_is_estimated,
        null as segment,
        'vin' as gaps
    from customers
    anti join vehicles on customers.customer_id = vehicles.customer_id
    anti join {{ ref('int_due_contact') }} as known
        on coalesce(customers.phone, customers.second_phone) = known.phone

),

marked as (

    select
        listed.* replace (case when do_not_call.phone is null then listed.phone end as phone),
        do_not_call.phone is not null as is_do_not_call
    from listed
    left join do_not_call on listed.phone = do_not_call.phone

)

select * from marked
