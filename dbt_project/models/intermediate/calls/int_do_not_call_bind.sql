with

registered as (

    select * from {{ ref('stg_dms__do_not_call') }}

),

results as (

    select * from {{ ref('int_call_result_match') }}

),

owners as (

    select * from {{ ref('int_due_contact') }}
    where customer_id is not null

),

parameters as (

    select * from {{ ref('int_call_list_parameter_resolve') }}
    where parameter = 'do_not_call_months'

),

-- an end that a store sets cannot come before the months that bind everybody
wishes as (

    select
        registered.customer_id,
        {{ phone_number('registered.phone') }} as phone,
        case
            when registered.ends_on is not null then greatest(
                registered.ends_on,
                (registered.requested_on + to_months(parameters.value::integer))::date
            )
        end as ends_on,
        false as is_consent
    from registered
    left join parameters
        on
            parameters.store_id = '*'
            and registered.requested_on between parameters.effective_from
            and parameters.effective_to
    union all
    select
        owners.customer_id,
        unnest([results.phone, results.new_phone]) as phone,
        null as ends_on,
        false as is_consent
    from results
    left join owners on results.vin = owners.vin
    where results.is_do_not_call
    union all
    select
        customer_id,
        phone,
        ends_on,
        true as is_consent
    from {{ ref('int_consent_withdraw') }}

),

-- in the DMS, on the policy, or told to a caller
numbers as (

    select
        customer_id,
        phone
    from {{ ref('int_customer_phone') }}
    union
    select
        customer_id,
        phone
    from owners
    union
    select
        owners.customer_id,
        results.new_phone as phone
    from results
    inner join owners on results.vin = owners.vin

),

bound as (

    select
        phone,
        ends_on,
        is_consent
    from wishes
    union all
    select
        numbers.phone,
        wishes.ends_on,
        wishes.is_consent
    from wishes
    inner join numbers on wishes.customer_id = numbers.customer_id

),

final as (

    select
        phone,
        case when count(*) = count(ends_on) then max(ends_on) end as ends_on,
        coalesce(
            bool_and(is_consent) filter (where coalesce(ends_on >= {{ as_of() }}, true)), false
        ) as is_consent
    from bound
    where phone is not null
    group by all

)

select * from final
