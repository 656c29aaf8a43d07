with

rules as (

    select * from {{ archive('rule') }}

),

final as (

    select
        rule_id,
        is_of_files,
        effect,
        zh,
        en,
        fix_zh,
        fix_en,
        asks

    from rules

)

select * from final
