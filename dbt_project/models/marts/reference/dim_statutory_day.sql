with

days as (

    select * from {{ ref('statutory_day') }}

),

final as (

    select
        day,
        kind,
        zh,
        en,
        is_announced

    from days

)

select * from final
