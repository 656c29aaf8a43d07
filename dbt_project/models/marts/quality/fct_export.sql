with

exports as (

    select * from {{ archive('export') }}

),

final as (

    select
        as_of,
        channel,
        recipient,
        file_name,
        sha256,
        records,
        purpose

    from exports

)

select * from final
