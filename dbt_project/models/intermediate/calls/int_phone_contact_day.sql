with

calls as (

    select * from {{ ref('int_call_fold') }}
    where phone is not null and direction <> 'internal'

),

parameters as (

    select * from {{ ref('int_call_list_parameter_resolve') }}
    where parameter = 'valid_contact_seconds'

),

-- an unanswered call to us is no attempt of ours
judged as (

    select
        calls.phone,
        calls.called_on,
        calls.talk_seconds >= parameters.value as is_valid_contact

    from calls
    inner join parameters
        on
            calls.store_id = parameters.store_id
            and calls.called_on between parameters.effective_from and parameters.effective_to
    where calls.direction = 'outbound' or calls.talk_seconds >= parameters.value

),

final as (

    select
        phone,
        called_on,
        count(*) as calls,
        count(*) filter (where is_valid_contact) as valid_contacts

    from judged
    group by all

)

select * from final
