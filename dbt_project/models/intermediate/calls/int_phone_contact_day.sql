with

calls as (

    select * from {{ ref('stg_phone__call') }}

),

parameters as (

    select * from {{ ref('int_call_list_parameter_resolve') }}
    where parameter = 'valid_contact_seconds'

),

-- the number outside the store: whom we called, or who called us
outside as (

    select
        call_id,
        store_id,
        direction,
        started_at::date as called_on,
        coalesce(billable_seconds, 0) as billable_seconds,
        case direction when 'outbound' then callee_number else caller_number end as dialled

    from calls
    where direction in ('outbound', 'inbound')

),

numbers as (

    select
        dialled,
        regexp_replace(dialled, '[^0-9]', '', 'g') as digits

    from outside
    group by all

),

-- a number without outside-line 9, country code or, for a mobile, trunk zero
normalised as (

    select
        dialled,
        coalesce(
            nullif(regexp_extract(digits, '^9?(?:0086|86)?0?(1[3-9][0-9]{9})$', 1), ''),
            nullif(regexp_extract(digits, '^9(0[0-9]{9,11})$', 1), ''),
            nullif(digits, '')
        ) as phone

    from numbers

),

-- several legs are one call; an unanswered call to us is no attempt of ours
judged as (

    select
        outside.call_id,
        normalised.phone,
        outside.called_on,
        bool_or(outside.billable_seconds >= parameters.value) as is_valid_contact

    from outside
    inner join normalised on outside.dialled = normalised.dialled
    inner join parameters
        on
            outside.store_id = parameters.store_id
            and outside.called_on between parameters.effective_from and parameters.effective_to
    where
        normalised.phone is not null
        and (outside.direction = 'outbound' or outside.billable_seconds >= parameters.value)
    group by all

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
