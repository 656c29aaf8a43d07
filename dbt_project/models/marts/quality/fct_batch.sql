with

batches as (

    select * from {{ archive('batch') }}

),

final as (

    select
        received_on,
        source,
        extract,
        entity,
        business_date,
        file_name,
        sha8,
        version,
        verdict,
        is_in_force,
        message_zh,
        message_en,
        owner,
        coalesce(records_read, 0) as records_read,
        coalesce(loaded, 0) as loaded,
        coalesce(quarantined, 0) as quarantined,
        coalesce(declared, 0) as declared,
        coalesce(records_read, 0) - coalesce(loaded, 0) - coalesce(quarantined, 0)
        - coalesce(declared, 0) as unexplained,
        rules,
        declared_kinds

    from batches

)

select * from final
