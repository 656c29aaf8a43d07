with

calls as (

    select distinct
        store_id,
        phone

    from {{ ref('int_call_fold') }}
    where phone is not null and direction <> 'internal'

),

customers as (

    select * from {{ ref('int_customer_phone') }}

),

candidates as (

    select
        calls.store_id,
        calls.phone,
        customers.store_id as customer_store_id,
        customers.customer_id,
        case
            when customers.store_id = calls.store_id and customers.is_main_number then 1
            when customers.store_id = calls.store_id then 2
            when customers.is_main_number then 3
            else 4
        end as preference

    from calls
    inner join customers on calls.phone = customers.phone

),

counted as (

    select
        *,
        count(*) over (partition by store_id, phone) as candidates,
        count(*) over (partition by store_id, phone, preference) as equals,
        min(preference) over (partition by store_id, phone) as best_preference

    from candidates

),

-- of equals nobody is chosen: a guess would stand in somebody's file
final as (

    select
        store_id,
        phone,
        customer_store_id,
        customer_id,
        candidates,
        preference = best_preference and equals = 1 as is_chosen,
        case
            when candidates = 1 then 'only_candidate'
            when preference <> best_preference or equals > 1 then 'not_chosen'
            when preference = 1 then 'main_number_here'
            when preference = 2 then 'customer_here'
            else 'main_number'
        end as match_rule

    from counted

)

select * from final
