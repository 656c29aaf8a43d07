with

days as (

    select * from {{ ref('int_call_list_day') }}

),

parameters as (

    select * from {{ ref('int_call_list_parameter_resolve') }}

),

-- valid on the day of the call
final as (

    select
        days.store_id,
        days.list_for_on,
        {% for parameter in [
            'earliest_call_days', 'last_call_days', 'urgent_days', 'recontact_far_days',
            'recontact_middle_from_days', 'recontact_middle_days', 'recontact_near_from_days',
            'recontact_near_days', 'recontact_lapsed_days', 'recontact_no_answer_days',
            'claimed_renewal_days', 'contact_history_days', 'valid_contact_seconds',
            'service_lane_days', 'unanswered_per_day', 'unanswered_per_week',
            'open_case_stops_calls', 'call_from_hour', 'call_until_hour', 'handed_over_days',
            'win_back_rows', 'win_back_interval_days', 'message_interval_days', 'escalation_days',
            'pool_entry_days',
        ] -%}
        max(parameters.value) filter (where parameters.parameter = '{{ parameter }}')
            as {{ parameter }}{{ ',' if not loop.last }}
    {% endfor %}
    from days
    inner join parameters
        on
            days.store_id = parameters.store_id
            and days.list_for_on between parameters.effective_from and parameters.effective_to
    group by all

)

select * from final
