"""Tables of databases: fetched as text in batches, so that ten million rows need no more memory than one batch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa

from ingest.home import FileTooLargeError
from ingest.places.connections import SourceDownError, cannot, place
from ingest.places.databases import engine, zone
from ingest.places.marks import highest_in, highest_mark
from ingest.spec import Extract

BATCH_ROWS = 25_000
"""Rows of a batch and of a row group in the landed file."""
NO_DATE = r"^0000-00-00( 00:00:00(\.0+)?)?$"
"""How MariaDB and MySQL say that there is no date."""
MIDNIGHT = r" 00:00:00(\.0+)?$"
Kind = Literal["instant", "day", "bit", "plain"]
MYSQL = ("mysql", "mariadb")
UNSORTABLE = (sa.LargeBinary, sa.JSON, sa.ARRAY, sa.types.NullType)


def fetch_table(connection: str, extract: Extract, since: str | None, until: str, sink: Any) -> str | None:
    """Write the rows of a database table to a binary sink as Parquet, all columns text; return the highest watermark.

    Rows are ordered by the entity's key, then by the table's primary key, or by everything if there is none: the same
    rows are the same bytes. `since`: only rows whose watermark is at least this, or missing; `until`: watermarks from
    here on do not count as the highest. Raises SourceDownError if the database does not answer or has no such table.
    """
    where = place(connection)
    try:
        opened = engine(where)
        try:
            with opened.connect() as reading:
                return _copy(reading, extract, since, until, sink)
        finally:
            opened.dispose()
    except (SourceDownError, FileTooLargeError, TimeoutError):
        raise
    except Exception as error:  # a renamed column, a broken file, a driver's own error
        raise cannot(
            f"连接 {connection} 的表 {extract.table} 无法读取",
            f"table {extract.table!r} of connection {connection!r} cannot be read",
            error,
        ) from None


def _copy(reading: sa.Connection, extract: Extract, since: str | None, until: str, sink: Any) -> str | None:
    schema, _, name = (extract.table or "").rpartition(".")
    table = sa.Table(name, sa.MetaData(), schema=schema or None, autoload_with=reading)
    if extract.watermark and extract.watermark not in table.c:
        raise SourceDownError(
            f"表 {extract.table} 没有 watermark 列 {extract.watermark}",
            f"table {extract.table!r} has no column {extract.watermark!r}, the spec's watermark",
        )
    dialect = reading.dialect.name
    layout = pa.schema([(column.name, pa.string()) for column in table.c])
    kinds = [_kind(column, dialect) for column in table.c]
    rows = reading.execution_options(yield_per=BATCH_ROWS).execute(query(table, extract, since, dialect))
    mark: str | None = None
    with pq.ParquetWriter(sink, layout, compression="zstd") as writer:
        for batch in rows.partitions():
            arrays = [_texts(cells, kind) for cells, kind in zip(zip(*batch, strict=True), kinds, strict=True)]
            if extract.watermark:
                mark = highest_mark([mark, highest_in(arrays[layout.names.index(extract.watermark)], until)])
            writer.write_batch(pa.record_batch(arrays, schema=layout))
    return mark


def query(table: sa.Table, extract: Extract, since: str | None, dialect: str) -> sa.Select[Any]:
    """The rows of a table from a watermark on, as the driver gives them, in a total order."""
    plain = [sa.type_coerce(column, sa.types.NullType()).label(column.name) for column in table.c]
    chosen = sa.select(*plain).order_by(*_order(table, extract))
    if extract.watermark and since:
        mark = table.c[extract.watermark]
        chosen = chosen.where((mark >= _as_column_type(mark, since, dialect)) | mark.is_(None))
    return chosen


def _order(table: sa.Table, extract: Extract) -> list[sa.Column[Any]]:
    key = [
        next((header for header in extract.columns[name].headers if header in table.c), None)
        for name in extract.canonical().key
        if name in extract.columns
    ]
    named = [table.c[header] for header in key if header]
    rest = list(table.primary_key.columns) or [column for column in table.c if not isinstance(column.type, UNSORTABLE)]
    return list(dict.fromkeys([*named, *rest]))


def _as_column_type(column: sa.Column[Any], text: str, dialect: str) -> Any:
    """A watermark as the column's own type compares it; local time for an instant is put into UTC, the session's zone."""
    try:
        kind = column.type.python_type
    except NotImplementedError:
        return text
    if kind is datetime:
        moment = datetime.fromisoformat(text)
        if _kind(column, dialect) != "instant":
            return moment.replace(tzinfo=None)
        instant = (moment if moment.tzinfo else moment.replace(tzinfo=zone())).astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect in MYSQL else instant
    if kind is date:
        return date.fromisoformat(text[:10])
    return int(text) if kind is int else text


def _kind(column: sa.Column[Any], dialect: str) -> Kind:
    """What a column's values need before they are text.

    An instant is a moment whatever the zone; MariaDB's and MySQL's TIMESTAMP is one, their DATETIME is not.
    """
    if isinstance(column.type, sa.TIMESTAMP) if dialect in MYSQL else getattr(column.type, "timezone", False):
        return "instant"
    if isinstance(column.type, sa.Date | sa.DateTime):
        return "day"
    return "bit" if type(column.type).__name__ == "BIT" else "plain"


def _texts(cells: Sequence[Any], kind: Kind) -> pa.Array:
    """A column of values as text."""
    if kind == "bit":
        cells = [int.from_bytes(cell, "big") if isinstance(cell, bytes) else cell for cell in cells]
    types = set(map(type, cells)) - {type(None)}
    if types <= {str} and kind != "instant":
        texts = pa.array(cells, pa.string())
    elif types == {int} and max(abs(cell) for cell in cells if cell is not None) < 2**63:
        texts = pa.array(cells, pa.int64()).cast(pa.string())
    else:
        texts = pa.array([None if cell is None else value_text(cell, kind == "instant") for cell in cells], pa.string())
    if kind in ("day", "instant"):
        texts = pc.if_else(pc.match_substring_regex(texts, NO_DATE), None, texts)
    return pc.replace_substring_regex(texts, MIDNIGHT, "") if kind == "day" else texts


def value_text(value: object, is_instant: bool = False) -> str:
    """A value of a database as text: ISO dates, numbers without an exponent, instants in the installation's time zone.

    A moment at midnight without a zone is a day; bytes are text if they are UTF-8, else hexadecimal.
    """
    match value:
        case str() if is_instant:
            try:
                return value_text(datetime.fromisoformat(value), is_instant=True)
            except ValueError:  # infinity, no date
                return value
        case str():
            return value
        case bool():
            return "1" if value else "0"
        case float():
            whole = value.is_integer() and abs(value) < 1e15
            return str(int(value)) if whole else f"{Decimal(repr(round(value, 9))):f}"
        case Decimal():
            return f"{value:f}"
        case datetime():
            if is_instant or value.tzinfo:
                return str((value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(zone()))
            return str(value.date()) if value.time() == time() else str(value)
        case bytes() | bytearray() | memoryview():
            try:
                return bytes(value).decode()
            except UnicodeDecodeError:
                return f"0x{bytes(value).hex()}"
        case list() | tuple():
            return ";".join(one if isinstance(one, str) else value_text(one) for one in value)
        case dict():
            return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return str(value)
