{#
    One row per key of a relation of raw rows: the newest received. Total order: day received, day it is
    about, corrected rows before those they correct, then the file, then the row in it. A key column may be NULL (a policy has no endorsement number); NULL is a value like any
    other here. Few keys come twice: only their rows are ordered, all others pass. Use it as a whole CTE.
#}
{% macro newest_per_key(relation, keys) -%}
    with

    repeated as (

        select hash({{ keys | join(', ') }}) as key_hash from {{ relation }}
        group by all
        having count(*) > 1

    )

    select * exclude (_extract, _file, _sha8, _row) from {{ relation }}
    anti join repeated on hash({{ keys | join(', ') }}) = repeated.key_hash

    union all

    (
        select * exclude (_extract, _file, _sha8, _row) from {{ relation }}
        semi join repeated on hash({{ keys | join(', ') }}) = repeated.key_hash
        qualify row_number() over (
            partition by {{ keys | join(', ') }}
            order by
                _received_on desc, _business_date desc, contains(_file, '.更正-') desc, _sha8 desc,
                _row desc
        ) = 1
    )
{%- endmacro %}
