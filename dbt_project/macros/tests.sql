{# Rows where two seed rows claim the same days for a store, or where days between two ranges are not covered. #}
{% test resolves_without_gap_or_overlap(model, keys) %}
select * from {{ model }}
qualify
    rules_in_force > 1
    or effective_from <> coalesce(
        cast(lag(effective_to) over (
            partition by store_id, {{ keys | join(', ') }} order by effective_from, effective_to
        ) + interval 1 day as date),
        effective_from
    )
{% endtest %}

{# Keys (NULL is a value) that stand on more than one row. #}
{% test one_row_per(model, keys) %}
select {{ keys | join(', ') }}, count(*) as copies
from {{ model }}
group by all
having count(*) > 1
{% endtest %}

{# Rows for which the expression is not true (NULL is not true). #}
{% test always(model, expression) %}
select * from {{ model }}
where ({{ expression }}) is not true
{% endtest %}
