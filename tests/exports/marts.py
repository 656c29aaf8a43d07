"""Empty tables as the warehouse declares them, for tests that make a few of their rows by hand."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb
import yaml

from exports.dictionary import declared_models
from exports.shelf import quoted
from ingest.home import PROJECT


def add_declared(
    connection: duckdb.DuckDBPyConnection, room: str = "marts", only: Collection[str] | None = None
) -> None:
    """Create every table of a room (or only some) that is not there yet, and the declared columns that those there lack."""
    for name, model in declared_models().items():
        if model["room"] != room or (only is not None and name not in only):
            continue
        columns = {column["name"]: column["data_type"] for column in model["columns"]}
        declared = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns.items())
        connection.execute(f"create table if not exists {room}.{quoted(name)} ({declared})")
        there = {row[0] for row in connection.execute(f"describe {room}.{quoted(name)}").fetchall()}
        for column, kind in columns.items():
            if column not in there:
                connection.execute(f"alter table {room}.{quoted(name)} add column {quoted(column)} {kind}")


def add_declared_to(file: Path, room: str, only: Collection[str]) -> None:
    """add_declared for a DuckDB file."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{file}' as made; use made")
        add_declared(connection, room, only)


def tables_of(exposure: str) -> set[str]:
    """The tables that an exposure says it reads."""
    declared = yaml.safe_load((PROJECT / "dbt_project" / "models" / "exposures.yml").read_text(encoding="utf-8"))
    found = next(item for item in declared["exposures"] if item["name"] == exposure)
    return {item.split("'")[1] for item in found["depends_on"]}
