"""SQL over tables in memory: one DuckDB for a whole process, and names and texts as SQL writes them."""

from __future__ import annotations

from functools import cache

import duckdb
import pyarrow as pa


def literal(value: str) -> str:
    """A string as SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """One in-memory DuckDB for a whole process: opening one costs more than converting a day's file."""
    return duckdb.connect()


def query(sql: str, **tables: pa.Table) -> pa.Table:
    """The result of a query over tables in memory, by the names they are given. Threads may call it side by side."""
    with _engine().cursor() as cursor:
        for name, table in tables.items():
            cursor.register(name, table)
        return cursor.execute(sql).to_arrow_table()
