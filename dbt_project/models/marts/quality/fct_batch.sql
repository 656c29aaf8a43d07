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
        case
            when verdict in ('refused', 'failed') then 'refuses'
            when verdict = 'accepted_with_warning' then 'warns'
            when coalesce(quarantined, 0) > 0 then 'holds'
            when coalesce(told, 0) > 0 then 'told'
            else 'none'
        end as severity,
        is_in_force,
        corrects as corrected_file_name,
        coalesce(is_of_a_day, false) as is_of_a_day,
        date_diff('day', business_date, received_on) as age_days,
        rule,
        message_zh,
        message_en,
        owner,
        coalesce(records_read, 0) as records_read,
        coalesce(loaded, 0) as loaded,
        coalesce(quarantined, 0) as quarantined,
        coalesce(declared, 0) as declared,
        coalesce(records_read, 0) - coalesce(loaded, 0) - coalesce(quarantined, 0)
        - coalesce(declared, 0) as unexplained,
        coalesce(told, 0) as told,
        rules,
        declared_kinds,
        warnings,
        faults

    from batches

)

select * from final
