{# Tiers of a plan and metric that do not start at 0, do not end open, or leave a gap or an overlap to the next. #}
{% test bands_without_gap_or_overlap(model) %}
select * from {{ model }}
qualify
    lower_percent > upper_percent
    or (lower_percent = upper_percent and not (lower_inclusive and upper_inclusive))
    or lower_percent <> coalesce(
        lag(upper_percent) over (partition by plan_id, metric order by lower_percent, upper_percent), 0
    )
    or lower_inclusive = coalesce(
        lag(upper_inclusive) over (partition by plan_id, metric order by lower_percent, upper_percent), false
    )
    or (
        upper_percent < 1000000
        and lead(tier) over (partition by plan_id, metric order by lower_percent, upper_percent) is null
    )
{% endtest %}
