{{ config(materialized='view') }}

{#
    One row per vehicle and expiry month with the segment of the lowest priority number among those it
    qualifies for, and its trade type.
#}
with

facts as (

    select * from {{ ref('int_due_fact') }}

),

parameters as (

    select * from {{ ref('int_renewal_parameter_monthly') }}

),

tried as (

    select
        facts.*,
        least(
            case
                when
                    facts.was_insured_here_last_year
                    then parameters.insured_here_last_year_priority
            end,
            case when facts.is_policy_known then parameters.policy_known_priority end,
            case when not facts.is_local then parameters.out_of_town_priority end,
            case
                when facts.is_local and facts.has_recent_service
                    then parameters.local_recent_service_priority
            end,
            case
                when facts.is_local and not facts.has_recent_service
                    then parameters.local_lapsed_service_priority
            end,
            case
                when facts.last_visit_before_ref_on is null or facts.is_local is null
                    then parameters.phone_only_priority
            end
        ) as priority
    from facts
    left join parameters
        on facts.store_id = parameters.store_id and facts.expiry_month = parameters.expiry_month

),

segmented as (

    select
        tried.*,
        segments.segment,
        case
            when tried.was_insured_here_last_year and tried.was_new_car_policy then 'new_to_renewal'
            when tried.was_insured_here_last_year then 'continued'
            when tried.was_insured_here_before then 'intermittent'
            else 'potential'
        end as trade_type
    from tried
    left join {{ ref('int_segment_resolve') }} as segments
        on
            tried.store_id = segments.store_id
            and tried.priority = segments.priority
            and tried.expiry_month between segments.effective_from and segments.effective_to

)

select * from segmented
