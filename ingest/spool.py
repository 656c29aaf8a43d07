"""Rows that are on their way into one Parquet file: the last table waits in memory, those before it on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


class Spool:
    """Tables of one schema with a column `_row`, added one after the other; nothing stands at `path` before write()."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        self._waiting: pa.Table | None = None
        self._writer: pq.ParquetWriter | None = None

    @property
    def schema(self) -> pa.Schema | None:
        """Columns of its tables; None before the first."""
        return self._waiting.schema if self._waiting is not None else None

    def add(self, table: pa.Table) -> None:
        """Take more rows. A table of one file fits the memory; many do not."""
        if self._waiting is not None:
            self._append(self._waiting)
        self._waiting = table

    def _append(self, table: pa.Table) -> None:
        if self._writer is None:
            self._temporary.parent.mkdir(parents=True, exist_ok=True)
            self._temporary.touch(mode=0o600)
            self._writer = pq.ParquetWriter(self._temporary, table.schema, compression="zstd")
        self._writer.write_table(table)

    def rows(self, numbers: np.ndarray, columns: list[str]) -> pa.Table:
        """Some columns of the rows with these numbers."""
        return pa.concat_tables([_only(table.select(columns), numbers) for table in self._tables()])

    def _tables(self) -> Iterator[pa.Table]:
        if self._writer is not None:
            self._writer.close()
            with pq.ParquetFile(self._temporary) as file:
                for group in range(file.num_row_groups):
                    yield file.read_row_group(group)
        if self._waiting is not None:
            yield self._waiting

    def write(self, without: np.ndarray) -> None:
        """Write all rows but those with these numbers, whole or not at all; readable for the owner only."""
        if self._writer is not None and (len(without) or not self._writer.is_open):  # what was looked into is closed
            again = Spool(self.path.with_name(f"{self.path.name}.again"))
            for table in self._tables():
                again.add(_without(table, without))
            again.write(np.empty(0, np.int64))
            os.replace(again.path, self.path)
            self.discard()
            return
        if self._waiting is not None:
            self._append(_without(self._waiting, without))
            self._waiting = None
        if self._writer is None:
            return
        self._writer.close()
        os.chmod(self._temporary, 0o600)
        with open(self._temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(self._temporary, self.path)

    def discard(self) -> None:
        """Forget the rows."""
        if self._writer is not None:
            self._writer.close()
            self._temporary.unlink(missing_ok=True)
        self._waiting = self._writer = None


def _only(table: pa.Table, numbers: np.ndarray) -> pa.Table:
    return table.filter(pc.is_in(table["_row"], pa.array(numbers, pa.int64())))


def _without(table: pa.Table, numbers: np.ndarray) -> pa.Table:
    return table.filter(pc.invert(pc.is_in(table["_row"], pa.array(numbers, pa.int64())))) if len(numbers) else table
