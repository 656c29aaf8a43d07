"""Rows that were not let in: kept as they were read, with the rule they broke, for their owner's eyes only."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ingest.spool import Spool


def rows(as_read: pa.Table, rules: np.ndarray) -> pa.Table:
    """Rejected rows as they are stored: `_row`, `_rule`, `_text`, then the file's own columns as text."""
    own = as_read.drop_columns(["_row"])
    fixed = {"_row": as_read["_row"], "_rule": pa.array(rules, pa.string()), "_text": pa.nulls(len(rules), pa.string())}
    return pa.table({**fixed, **{name: own[name].cast(pa.string()) for name in own.column_names}})


def write(held: Spool, without: np.ndarray, outside: list[tuple[int, str, str]]) -> None:
    """Store rejected rows, but for those with these numbers (exact duplicates of another one).

    `outside`: records that are no row of the table: (number, rule, text); whole in the column `_text`.
    """
    held.path.unlink(missing_ok=True)
    if outside:
        numbers, rules, texts = zip(*outside, strict=True)
        schema = held.schema or pa.schema([])
        fixed = {"_row": pa.array(numbers, pa.int64()), "_rule": pa.array(rules), "_text": pa.array(texts)}
        own = {name: pa.nulls(len(outside), pa.string()) for name in schema.names if name not in fixed}
        held.add(pa.table({**fixed, **own}))
    held.write(without)
