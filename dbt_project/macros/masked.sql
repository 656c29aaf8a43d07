{#
    What may be shown where everybody looks: enough to recognise, not to reach. A value that is too short to hide
    anything is hidden whole.
#}
{% macro masked_plate(column) -%}
    case
        when length({{ column }}) >= 7
            then left({{ column }}, 2) || '***' || right({{ column }}, 2)
        when {{ column }} is not null then '***'
    end
{%- endmacro %}

{% macro masked_name(column) -%}
    case when length(trim({{ column }})) >= 2 then left(trim({{ column }}), 1) else '' end || '**'
{%- endmacro %}
