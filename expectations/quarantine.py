"""Rows that were not let in: kept as they were read, with the rule they broke, for their owner's eyes only."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def rows(as_read: pa.Table, rules: np.ndarray) -> pa.Table:
    """Rejected rows as they are stored: `_row`, `_rule`, `_text`, then the file's own columns as text."""
    own = as_read.drop_columns(["_row"])
    fixed = {"_row": as_read["_row"], "_rule": pa.array(rules, pa.string()), "_text": pa.nulls(len(rules), pa.string())}
    return pa.table({**fixed, **{name: own[name].cast(pa.string()) for name in own.column_names}})


def outside(as_read: pa.Table, records: tuple[tuple[int, str, str], ...]) -> pa.Table:
    """Records that are no row of their table (number, rule, text) as they are stored: whole in the column `_text`."""
    numbers, rules, texts = zip(*records, strict=True)
    fixed = {"_row": pa.array(numbers, pa.int64()), "_rule": pa.array(rules), "_text": pa.array(texts)}
    own = [name for name in as_read.column_names if name != "_row"]
    return pa.table({**fixed, **{name: pa.nulls(len(records), pa.string()) for name in own}})
