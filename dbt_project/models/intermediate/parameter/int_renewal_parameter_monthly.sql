with

months as (

    select * from {{ ref('int_month_list') }}

),

parameters as (

    select * from {{ ref('int_renewal_parameter_resolve') }}

),

segments as (

    select * from {{ ref('int_segment_resolve') }}

),

covers as (

    select * from {{ ref('int_full_cover_resolve') }}

),

numbers as (

    select
        parameters.store_id,
        months.expiry_month,
        {%- for name in [
            'pairing_days', 'freeze_months_before', 'window_before_days', 'window_after_days',
            'cancelled_late_days', 'service_lookback_months',
            'quality_months', 'quality_claims_at_most', 'cascade_late_days', 'cascade_quote_days',
            'cascade_preparation_days', 'forecast_cohorts', 'forecast_least_cohorts',
            'forecast_low_percent', 'forecast_high_percent', 'win_back_months',
            'gap_least_vehicles',
        ] %}
        max(case when parameters.parameter = '{{ name }}' then parameters.value end) as {{ name }}
        {{- "," if not loop.last }}
    {%- endfor %}
    from months
    inner join parameters
        on months.expiry_month between parameters.effective_from and parameters.effective_to
    group by all

),

priorities as (

    select
        segments.store_id,
        months.expiry_month,
        {%- for name in [
            'insured_here_last_year', 'policy_known', 'out_of_town', 'local_recent_service',
            'local_lapsed_service', 'phone_only',
        ] %}
        max(case when segments.segment = '{{ name }}' then segments.priority end)
            as {{ name }}_priority
        {{- "," if not loop.last }}
    {%- endfor %}
    from months
    inner join segments
        on months.expiry_month between segments.effective_from and segments.effective_to
    group by all

),

required as (

    select
        covers.store_id,
        months.expiry_month,
        list(covers.cover_code order by covers.cover_code) as required_covers
    from months
    inner join covers
        on
            covers.is_required
            and months.expiry_month between covers.effective_from and covers.effective_to
    group by all

),

joined as (

    select
        numbers.*,
        cast(
            numbers.expiry_month - to_months(cast(numbers.freeze_months_before as integer)) as date
        )
            as freeze_on,
        priorities.* exclude (store_id, expiry_month),
        coalesce(required.required_covers, cast([] as varchar[])) as required_covers
    from numbers
    left join priorities using (store_id, expiry_month)
    left join required using (store_id, expiry_month)

)

select * from joined
