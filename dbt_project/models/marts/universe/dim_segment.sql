with

segments as (

    select * from {{ ref('int_segment_resolve') }}
    where
        store_id = '*'
        and {{ as_of() }} between effective_from and effective_to

),

targets as (

    select * from {{ ref('int_segment_target_resolve') }}
    where
        store_id = '*'
        and tier = 'base'
        and {{ as_of() }} between effective_from and effective_to

),

joined as (

    select
        segments.segment,
        segments.zh,
        segments.en,
        segments.priority,
        targets.target_rate,
        segments.counts_for_achievement
    from segments
    left join targets on segments.segment = targets.segment

)

select * from joined
