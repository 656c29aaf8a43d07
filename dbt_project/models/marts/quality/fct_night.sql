with

nights as (

    select * from {{ archive('night') }}

),

final as (

    select
        as_of,
        build_id,
        status,
        reasons,
        notices

    from nights

)

select * from final
