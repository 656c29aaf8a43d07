"""From the bytes of a received file to tables of text: every record is a data row, held or declared non-data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.reading.blocks import text_blocks
from ingest.reading.documents import document_tables
from ingest.reading.faults import UnreadableFileError
from ingest.reading.headers import header_key, known_headers, unique_names
from ingest.reading.opening import DAMAGED, Opened, open_file
from ingest.reading.records import BATCH_RECORDS, TextTable, blocks_of, tables_of
from ingest.reading.sheets import cell_text, page_records, sheet_records
from ingest.reading.text import choose_delimiter, choose_encoding
from ingest.spec import Extract

__all__ = [
    "BATCH_RECORDS", "TextTable", "UnreadableFileError", "cell_text", "header_key", "known_headers", "read",
    "read_batches",
]  # fmt: skip


def read(path: Path, extract: Extract) -> TextTable:
    """Read one landed file as its extract says, whole. Raises UnreadableFileError."""
    parts = list(read_batches(path, extract))
    if len(parts) == 1:
        return parts[0]
    declared = sum((Counter(part.declared) for part in parts), Counter())
    return TextTable(
        pa.concat_tables([part.table for part in parts]),
        sum(part.records for part in parts),
        dict(declared),
        tuple(one for part in parts for one in part.held),
        parts[0].delimiter,
        parts[0].sheet,
        parts[0].encoding,
    )


def read_batches(path: Path, extract: Extract) -> Iterator[TextTable]:
    """Read one landed file in batches of at most BATCH_RECORDS records with the same columns; at least one batch.

    Raises UnreadableFileError if that cannot be done, perhaps only at the end (a totals row that is missing).
    """
    if path.stat().st_size == 0 and not (extract.read.names and extract.may_be_empty):  # a day without calls
        raise UnreadableFileError("file:empty")
    opened = open_file(path)
    try:
        yield from _batches(path, opened, extract)
    except (UnreadableFileError, MemoryError):
        raise
    except DAMAGED as error:
        raise UnreadableFileError("file:unreadable", type(error).__name__, type(error).__name__) from None


def _batches(path: Path, opened: Opened, extract: Extract) -> Iterator[TextTable]:
    options = extract.read
    if options.format == "table":
        yield from _parquet_tables(opened)
    elif options.format == "json":
        yield from document_tables(opened, extract)
    elif opened.kind in ("xlsx", "xls"):
        sheet, rows = sheet_records(opened, extract)
        yield from tables_of(blocks_of(rows), extract, "\t", sheet, padded=True)
    elif opened.kind == "parquet":
        raise UnreadableFileError(
            "file:unreadable", "文件格式与登记不符", "Parquet where the spec says text or a workbook"
        )
    else:
        wanted = known_headers(extract)
        encoding = choose_encoding(opened, options, wanted)
        if opened.kind == "html":
            text = opened.whole().decode(encoding, "replace")
            yield from tables_of(blocks_of(page_records(text)), extract, "\t", padded=True, encoding=encoding)
            return
        delimiter = choose_delimiter(opened, encoding, options, wanted)
        yield from tables_of(text_blocks(opened, encoding, delimiter, options), extract, delimiter, encoding=encoding)


def _parquet_tables(opened: Opened) -> Iterator[TextTable]:
    """A fetched table: its columns are text already."""
    if opened.kind != "parquet":
        raise UnreadableFileError("file:unreadable", "不是可读的数据表文件", "not a readable Parquet file")
    with opened.open() as stream:
        file = pq.ParquetFile(stream)
        start = 0
        for batch in file.iter_batches(batch_size=BATCH_RECORDS):
            batch.validate(full=True)  # bytes that were damaged on disk need not be text any more
            table = pa.Table.from_batches([batch])
            table = table.rename_columns(unique_names(table.column_names))
            numbers = pa.array(range(start + 1, start + table.num_rows + 1), pa.int64())
            yield TextTable(table.append_column("_row", numbers), table.num_rows)
            start += table.num_rows
        if not start:
            table = file.schema_arrow.empty_table()
            table = table.rename_columns(unique_names(table.column_names))
            yield TextTable(table.append_column("_row", pa.array([], pa.int64())), 0)
