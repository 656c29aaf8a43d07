with

days as (

    select * from {{ ref('int_working_day') }}

),

final as (

    select
        store_id,
        next_calling_on as list_for_on

    from days
    where
        day = {{ as_of() }}
        and next_calling_on <= {{ as_of() }} + 30

)

select * from final
