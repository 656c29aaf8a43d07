{# A table or view is made once, in a new build folder: nothing to rename, to drop or to keep. dbt's
   own materializations look for an earlier one, write under another name and rename: that was an
   eighth of the build. #}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] -%}
    {%- set relation = this.incorporate(type='table') -%}
    {%- set language = model['language'] -%}
    {#- dbt lets only a materialization itself run Python #}
    {%- call statement('main', language=language) -%}
        {{- create_table_as(false, relation, compiled_code, language) -}}
    {%- endcall -%}
    {% do adapter.commit() %}
    {{ return({'relations': [relation]}) }}
{%- endmaterialization %}

{% materialization view, adapter='duckdb' -%}
    {%- set relation = this.incorporate(type='view') -%}
    {%- call statement('main') -%}{{ create_view_as(relation, compiled_code) }}{%- endcall -%}
    {% do adapter.commit() %}
    {{ return({'relations': [relation]}) }}
{%- endmaterialization %}
