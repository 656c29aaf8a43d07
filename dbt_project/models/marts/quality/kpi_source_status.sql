with

sources as (

    select * from {{ archive('source_status') }}

),

final as (

    select
        source,
        extract,
        entity,
        status,
        last_good_business_date,
        last_good_received_on,
        degraded_since,
        age_days,
        is_daily,
        is_optional,
        late_after_days,
        message_zh,
        message_en,
        owner

    from sources

)

select * from final
