with

batches as (

    select * from {{ ref('fct_batch') }}

),

sources as (

    select * from {{ ref('kpi_source_status') }}

),

-- an extract counts from the night that first received something of it; one whose spec is gone, too
extracts as (

    select
        source,
        extract,
        entity,
        min(received_on) as first_received_on
    from (
        select
            source,
            extract,
            entity,
            received_on
        from batches
        union all
        select
            source,
            extract,
            entity,
            {{ as_of() }} as received_on
        from sources
    ) as known
    group by all

),

nights as (

    select received_on from batches
    union
    select {{ as_of() }} as received_on

),

used_days as (

    select
        source,
        extract,
        business_date,
        bool_or(is_of_a_day) as is_of_a_day,
        min(received_on) as first_used_on
    from batches
    where
        verdict in ('accepted', 'accepted_with_warning', 'nothing_new')
        and corrected_file_name is null
    group by all

),

judged as (

    select
        nights.received_on,
        extracts.source,
        extracts.extract,
        extracts.entity,
        max(used_days.business_date) as newest_business_date,
        min(used_days.business_date) filter (where used_days.is_of_a_day) as first_day,
        count(used_days.business_date) filter (where used_days.is_of_a_day) as filled_days

    from nights
    cross join extracts
    left join used_days
        on
            extracts.source = used_days.source
            and extracts.extract = used_days.extract
            and nights.received_on >= used_days.first_used_on
            and nights.received_on > used_days.business_date
    where nights.received_on >= extracts.first_received_on
    group by all

),

final as (

    select
        judged.received_on,
        judged.source,
        judged.extract,
        judged.entity,
        date_diff('day', judged.newest_business_date, judged.received_on) - 1 as newest_age_days,
        case
            when sources.is_daily and judged.first_day is not null
                then date_diff('day', judged.first_day, judged.received_on) - judged.filled_days
            else 0
        end as gap_days,
        coalesce(not sources.is_optional, false)
        and coalesce(
            date_diff('day', judged.newest_business_date, judged.received_on) - 1
            > sources.late_after_days,
            true
        ) as is_late,
        sources.owner

    from judged
    left join sources
        on
            judged.source = sources.source
            and judged.extract = sources.extract

)

select * from final
