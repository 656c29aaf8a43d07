{# A table or view is made once, in a new build folder: nothing to rename, to drop or to keep. dbt's
   own materializations look for an earlier one, write under another name and rename: that was an
   eighth of the build. #}
{% materialization table, adapter='duckdb' -%}
    {%- set relation = this.incorporate(type='table') -%}
    {{ return(made_once(create_table_as(false, relation, compiled_code), relation)) }}
{%- endmaterialization %}

{% materialization view, adapter='duckdb' -%}
    {%- set relation = this.incorporate(type='view') -%}
    {{ return(made_once(create_view_as(relation, compiled_code), relation)) }}
{%- endmaterialization %}

{% macro made_once(sql, relation) -%}
    {%- call statement('main') -%}{{ sql }}{%- endcall -%}
    {% do adapter.commit() %}
    {{ return({'relations': [relation]}) }}
{%- endmacro %}
