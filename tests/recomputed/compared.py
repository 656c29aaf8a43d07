"""A recomputed table against the published one, row for row and column for column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd


def published(folder: Path, table: str, columns: list[str]) -> list[dict[str, Any]]:
    """Rows of a published table: marts from analytics.duckdb, others from restricted.duckdb."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{folder / 'analytics.duckdb'}' as analytics (read_only)")
        connection.execute(f"attach '{folder / 'restricted.duckdb'}' as named (read_only)")
        found = connection.execute(
            "select database_name || '.' || schema_name || '.' || table_name from duckdb_tables() where table_name = ?",
            [table],
        ).fetchall()
        ((name,),) = found
        cursor = connection.execute(f"select {', '.join(columns)} from {name}")
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def differences(mine: pd.DataFrame, folder: Path, table: str, keys: list[str]) -> list[str]:
    """What differs, in words: rows that only one side has, and cells that are not equal. Empty if all are equal."""
    columns = list(mine.columns)
    theirs = {tuple(row[key] for key in keys): row for row in published(folder, table, columns)}
    own = {tuple(row[key] for key in keys): row for row in mine.to_dict("records")}
    told = [f"{table}: only published {key}" for key in sorted(theirs.keys() - own.keys(), key=str)]
    told += [f"{table}: only recomputed {key}" for key in sorted(own.keys() - theirs.keys(), key=str)]
    for key in sorted(own.keys() & theirs.keys(), key=str):
        for column in columns:
            if own[key][column] != theirs[key][column]:
                told.append(f"{table} {key} {column}: {theirs[key][column]} published, {own[key][column]} recomputed")
    return told
