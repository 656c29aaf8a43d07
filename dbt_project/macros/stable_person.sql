{#
    One of a list of staff ids for a vehicle, by the smallest hash of both: equal shares in the long
    run, and when somebody leaves only that person's vehicles move. Empty for an empty list.
#}
{% macro stable_person(staff_ids, vin) -%}
    list_min(
        list_transform({{ staff_ids }}, lambda person: [md5({{ vin }} || person), person])
    )[2]
{%- endmacro %}

{# Whom the manager named last by a day, of those reassignments that bind the step. #}
{% macro reassigned_by(reassignments, day) -%}
    list_filter(
        {{ reassignments }}, lambda decision: decision['effective_on'] <= {{ day }}
    )[-1]['staff_id']
{%- endmacro %}
