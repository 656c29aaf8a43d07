{# What a night is given. SQL asks for it here and nowhere else; unit tests override these macros. #}

{# The day whose morning the night prepares: events dated before it count. #}
{% macro as_of() -%}
    getvariable('as_of')
{%- endmacro %}

{# The raw files of an entity that are in force; never a glob. #}
{% macro raw(entity) -%}
    read_parquet(
        string_split(getvariable('inputs')['raw_{{ entity }}'], chr(10)), union_by_name = true
    )
{%- endmacro %}

{# What earlier nights archived, and what select() found out about the batches. #}
{% macro archive(what) -%}
    read_parquet(
        string_split(getvariable('inputs')['archive_{{ what }}'], chr(10)), union_by_name = true
    )
{%- endmacro %}

{# HMAC-SHA256(key, x), the first 32 hex characters; the same as Python's hmac. NULL stays NULL. #}
{% macro pseudonym(x) -%}
    left(
        sha256(
            getvariable('key_opad') || unhex(sha256(getvariable('key_ipad') || encode({{ x }})))
        ),
        32
    )
{%- endmacro %}
