with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

facts as (

    select
        store_id,
        vin,
        expiry_month,
        is_policy_known
    from {{ ref('int_due_fact') }}

),

homes as (

    select
        store_id,
        vin,
        expiry_month,
        basis,
        rolls
    from {{ ref('int_due_home') }}

),

wrong_numbers as (

    select
        store_id,
        vin,
        expiry_month
    from {{ ref('int_call_gate_judge') }}
    where suppressed_by = 'wrong_number'

),

gaps as (

    select
        due.store_id,
        due.vehicle_key,
        due.expiry_month,
        due.expires_on as expiry_date,
        due.segment,
        due.outcome,
        unnest(list_filter(
            [
                case when not due.is_contactable then 'phone' end,
                case when wrong_numbers.vin is not null then 'wrong_number' end,
                case
                    when facts.is_policy_known then null
                    when homes.basis = 'told' and homes.rolls = 0 then 'insurer'
                    else 'expiry'
                end,
                case when due.plate_number is null then 'plate' end,
                case when due.customer_name is null then 'customer_name' end
            ],
            lambda gap: gap is not null
        )) as gap
    from due
    inner join facts using (store_id, vin, expiry_month)
    inner join homes using (store_id, vin, expiry_month)
    left join wrong_numbers using (store_id, vin, expiry_month)

)

select * from gaps
