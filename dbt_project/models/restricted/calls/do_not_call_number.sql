with

bound as (

    select * from {{ ref('int_do_not_call_bind') }}

),

final as (

    select
        phone,
        ends_on,
        is_consent
    from bound
    where coalesce(ends_on >= {{ as_of() }}, true)

)

select * from final
