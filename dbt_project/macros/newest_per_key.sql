{#
    One row per key: the newest received. Total order: day received, then the file, then the row in it.
    A key column may be NULL (a policy has no endorsement number); NULL is a value like any other here.
#}
{% macro newest_per_key(keys) -%}
    qualify row_number() over (
        partition by {{ keys | join(', ') }}
        order by _received_on desc, _sha8 desc, _row desc
    ) = 1
{%- endmacro %}
