"""Rows that were not let in: kept as they were read, with the rule they broke, for their owner's eyes only."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.home import write_atomic


def write(path: Path, rows_as_read: pa.Table, rules: dict[int, str], held: tuple[tuple[int, str, str], ...]) -> int:
    """Store rejected rows: `_row`, `_rule`, then the file's own columns as text; return how many.

    `rules`: rule by record number. `held`: records that are no row of the table, whole in the column `_text`.
    """
    keep = [number in rules for number in rows_as_read["_row"].to_pylist()] if rules else []
    rows = rows_as_read.filter(pa.array(keep, pa.bool_())) if rules else rows_as_read.slice(0, 0)
    numbers = rows["_row"].to_pylist()
    columns = {
        "_row": pa.array([*numbers, *(number for number, _, _ in held)], pa.int64()),
        "_rule": pa.array([*(rules[n] for n in numbers), *(rule for _, rule, _ in held)], pa.string()),
        "_text": pa.array([*(None for _ in numbers), *(text for _, _, text in held)], pa.string()),
    }
    for name in rows.column_names:
        if name != "_row":
            columns[name] = pa.array(rows[name].to_pylist() + [None] * len(held), pa.string())
    table = pa.table(columns)
    if table.num_rows:
        buffer = io.BytesIO()
        pq.write_table(table, buffer, compression="zstd")
        write_atomic(path, buffer.getvalue(), mode=0o600)
    else:
        path.unlink(missing_ok=True)
    return table.num_rows
