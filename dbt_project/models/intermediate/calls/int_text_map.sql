with

labels as (

    select * from {{ ref('label') }}

),

final as (

    select
        map_from_entries(list((key, zh) order by key)) as zh,
        map_from_entries(list((key, en) order by key)) as en

    from labels

)

select * from final
