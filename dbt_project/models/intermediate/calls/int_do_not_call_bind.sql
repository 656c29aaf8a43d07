with

wishes as (

    select * from {{ ref('stg_dms__do_not_call') }}

),

results as (

    select * from {{ ref('int_call_result_match') }}
    where is_do_not_call

),

customers as (

    select * from {{ ref('int_customer_phone') }}

),

parameters as (

    select * from {{ ref('int_call_list_parameter_resolve') }}
    where parameter = 'do_not_call_months'

),

-- an end that a store sets cannot come before the months that bind everybody
dated as (

    select
        wishes.request_number,
        wishes.customer_id,
        {{ phone_number('wishes.phone') }} as phone,
        case
            when wishes.ends_on is not null then greatest(
                wishes.ends_on,
                (wishes.requested_on + to_months(parameters.value::integer))::date
            )
        end as ends_on

    from wishes
    left join parameters
        on
            parameters.store_id = '*'
            and wishes.requested_on between parameters.effective_from and parameters.effective_to

),

-- the number that was told, all numbers of the customer who told it, and what callers brought back
bound as (

    select
        phone,
        ends_on

    from dated
    union all
    select
        customers.phone,
        dated.ends_on

    from dated
    inner join customers on dated.customer_id = customers.customer_id
    union all
    select
        phone,
        null as ends_on

    from results
    union all
    select
        new_phone as phone,
        null as ends_on

    from results

),

final as (

    select
        phone,
        case when count(*) = count(ends_on) then max(ends_on) end as ends_on

    from bound
    where phone is not null
    group by all

)

select * from final
