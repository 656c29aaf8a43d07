"""A PostgreSQL server for BI tools that want one: the marts of the night in force, with roles and rights by store.

It is switched on by XUBAO_POSTGRES, the id of an Airflow connection; docs/bi.md says how. A server that is down is a
reason of the verdict, never the end of a night, and what it holds stays in force.
"""
