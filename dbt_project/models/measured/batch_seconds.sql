with

measured as (

    select * from {{ archive('seconds') }}

),

final as (

    select
        source,
        extract,
        file_name,
        version,
        received_on,
        seconds

    from measured

)

select * from final
