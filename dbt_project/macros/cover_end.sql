{#
    Last day of cover that starts on a day and runs whole years: the day before the anniversary.
    Cover that starts on 29 February ends on 28 February.
#}
{% macro cover_end(starts_on, years) -%}
    cast(
        case
            when day({{ starts_on }} + to_years({{ years }})) = day({{ starts_on }})
                then {{ starts_on }} + to_years({{ years }}) - interval 1 day
            else {{ starts_on }} + to_years({{ years }})
        end as date
    )
{%- endmacro %}
