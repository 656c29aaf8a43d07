"""Tables as a published DuckDB file holds them, and as rows of PostgreSQL's COPY."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from exports.dictionary import description
from exports.shelf import literal, quoted

BATCH = 50_000
"""Rows that are held in memory at a time."""
TYPES = {
    "VARCHAR": "text", "BOOLEAN": "boolean", "SMALLINT": "smallint", "INTEGER": "integer", "BIGINT": "bigint",
    "DATE": "date", "TIMESTAMP": "timestamp without time zone", "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "DOUBLE": "double precision",
}  # fmt: skip
"""DuckDB's type → PostgreSQL's, spelled as PostgreSQL shows it."""
ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"), ("\0", ""))
"""What COPY's text format wants; a NUL is nothing that PostgreSQL can hold."""


class ColumnTypeUnknownError(RuntimeError):
    """A published table has a column of a type that has no counterpart yet."""


@dataclass(frozen=True)
class Column:
    """A column; `type` is PostgreSQL's."""

    name: str
    type: str
    comment: str | None


@dataclass(frozen=True)
class Table:
    """A published table. By store if it has a column store_id: then a reader sees the rows of their stores only."""

    name: str
    comment: str | None
    columns: tuple[Column, ...]

    @property
    def is_by_store(self) -> bool:
        return any(column.name == "store_id" for column in self.columns)


def tables(connection: duckdb.DuckDBPyConnection, schema: str) -> list[Table]:
    """Every table of a schema of the opened file, by name. Raises ColumnTypeUnknownError."""
    found: dict[str, list[Column]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and schema_name = ? order by table_name, column_index",
        [schema],
    ).fetchall():
        found.setdefault(table, []).append(Column(column, _type(table, column, kind), description(table, column)))
    return [Table(name, description(name), tuple(columns)) for name, columns in found.items()]


def _type(table: str, column: str, kind: str) -> str:
    if decimal := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind):
        return f"numeric({decimal[1]},{decimal[2]})"
    if kind not in TYPES:
        raise ColumnTypeUnknownError(
            f"{table}.{column} is {kind}, which has no counterpart in PostgreSQL yet; "
            "add it to TYPES in exports/postgres/tables.py, or give the mart another type"
        )
    return TYPES[kind]


def lines(connection: duckdb.DuckDBPyConnection, schema: str, table: Table) -> Iterator[tuple[memoryview, int]]:
    """A table as COPY's text format (tab, \\N): pieces of bytes and the rows in each, never the whole table.

    DuckDB writes each row as one text; Arrow keeps the texts of a batch end to end, and these bytes are sent as they are.
    """
    written = ", ".join(
        f"coalesce({_escaped(column) if column.type == 'text' else f'{quoted(column.name)}::varchar'}, '\\N')"
        for column in table.columns
    )
    reader = connection.execute(
        f"select concat_ws(chr(9), {written}) || chr(10) from {quoted(schema)}.{quoted(table.name)}"
    ).to_arrow_reader(BATCH)
    for batch in reader:
        texts = batch.column(0)
        _, offsets, data = texts.buffers()
        if len(texts):
            ends = memoryview(offsets).cast("i")
            yield memoryview(data)[ends[texts.offset] : ends[texts.offset + len(texts)]], len(texts)


def _escaped(column: Column) -> str:
    expression = quoted(column.name)
    for character, escaped in ESCAPES:
        expression = (
            f"replace({expression}, {literal(character) if character != chr(0) else 'chr(0)'}, {literal(escaped)})"
        )
    return expression
