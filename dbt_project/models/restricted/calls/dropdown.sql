with

choices as (

    select * from {{ ref('int_dropdown_choice') }}

),

final as (

    select
        list_name,
        position,
        code,
        zh,
        en

    from choices

)

select * from final
