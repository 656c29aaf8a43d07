with

checks as (

    select * from {{ archive('reference') }}

),

final as (

    select
        received_on,
        source,
        extract,
        entity,
        columns,
        target,
        referencing_records,
        unknown_records,
        {{ half_up('unknown_records', 'nullif(referencing_records, 0)', 6) }} as unknown_rate,
        {{ half_up('limit_percent', '100', 6) }} as limit_rate,
        is_above_limit,
        message_zh,
        message_en,
        owner

    from checks

)

select * from final
