"""Where sources keep their files and tables: Airflow connections, opened through well-kept libraries only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from ingest.reading import cell_text
from ingest.spec import Extract

DRIVERS = {"sqlite": "sqlite", "postgres": "postgresql+psycopg2", "mysql": "mysql+pymysql"}
"""SQLAlchemy dialect of each Airflow connection type."""


UNFINISHED = (".part", ".tmp", ".filepart")
"""Endings of names that clients give to an upload in progress."""


DATED = re.compile(r"\d{4}-\d\d-\d\d")
WHOLE = re.compile(r"-?\d{1,18}")


class SourceDownError(RuntimeError):
    """A source's place cannot be reached; the message names the place and never a secret."""


@dataclass(frozen=True)
class RemoteFile:
    """A file at its source. `path` is an Airflow object-storage path."""

    name: str
    size: int
    modified: float
    path: Any

    def read(self) -> bytes:
        """All bytes of the file."""
        with self.path.open("rb") as file:
            return file.read()


def _connection(name: str) -> Any:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError

    try:
        return Connection.get(name)
    except (AirflowNotFoundException, AirflowRuntimeError):
        raise SourceDownError(f"the Airflow connection {name!r} does not exist; see docs/sources.md") from None


def is_unfinished(name: str) -> bool:
    """True for a name of an upload in progress, of an open workbook's lock (`~$`) or of a hidden file."""
    return name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED)


def list_files(connection: str) -> list[RemoteFile]:
    """The files of a connection's folder, by name; raise SourceDownError if it cannot be listed."""
    from airflow.sdk import ObjectStoragePath

    place = _connection(connection)
    folder = place.extra_dejson.get("path") or place.schema or ""
    try:
        entries = list(ObjectStoragePath(f"{place.conn_type}://{folder}").iterdir())
        found = [(entry, entry.stat()) for entry in entries if not is_unfinished(entry.name) and entry.is_file()]
    except Exception as error:  # each client library has errors of its own; a source's trouble is a verdict
        raise SourceDownError(
            f"the folder of connection {connection!r} cannot be listed: {type(error).__name__}"
        ) from None
    files = [RemoteFile(entry.name, stat["size"], stat["mtime"], entry) for entry, stat in found]
    return sorted(files, key=lambda file: file.name)


def fetch_table(connection: str, extract: Extract, since: str | None, until: str) -> tuple[pa.Table, str | None]:
    """Rows of a database table as text, ordered by the entity's key, and the highest watermark below `until`.

    `since`: only rows whose watermark is at least this, or missing. Raise SourceDownError if the database does not answer.
    """
    import sqlalchemy as sa

    place = _connection(connection)
    url = sa.URL.create(
        DRIVERS.get(place.conn_type, place.conn_type),
        username=place.login,
        password=place.password,
        host=None if place.conn_type == "sqlite" else place.host,
        port=place.port,
        database=place.host if place.conn_type == "sqlite" else place.schema,
    )
    engine = sa.create_engine(url, hide_parameters=True)
    try:
        if place.conn_type == "sqlite":
            open(place.host, "rb").close()  # SQLite would make a missing file instead of saying so
        schema, _, name = (extract.table or "").rpartition(".")
        table = sa.Table(name, sa.MetaData(), schema=schema or None, autoload_with=engine)
        keys = [table.c[name] for name in _key_columns(extract, set(table.c.keys()))]
        query = sa.select(table).order_by(*keys)
        if extract.watermark and since:
            mark = table.c[extract.watermark]
            query = query.where((mark >= _as_column_type(mark, since)) | mark.is_(None))
        with engine.connect() as opened:
            rows = opened.execute(query).all()
    except Exception as error:  # a renamed column, a broken file, a driver's own error
        raise SourceDownError(
            f"table {extract.table!r} of connection {connection!r} cannot be read: {type(error).__name__}"
        ) from None
    finally:
        engine.dispose()
    names = list(table.c.keys())
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    data = {name: pa.array(list(_texts(column)), pa.string()) for name, column in zip(names, columns, strict=True)}
    return pa.table(data), highest_mark(data[extract.watermark].to_pylist(), until) if extract.watermark else None


def highest_mark(marks: Iterable[str | None], until: str | None = None) -> str | None:
    """The highest watermark: whole numbers by their value, days and moments below `until`, other text as text.

    A date in the future would block everything that comes after it.
    """
    present = [mark for mark in marks if mark]
    if present and all(WHOLE.fullmatch(mark) for mark in present):
        return max(present, key=int)
    return max((mark for mark in present if until is None or mark < until or not DATED.match(mark)), default=None)


def _as_column_type(column: Any, text: str) -> Any:
    """A watermark as the column's own type compares it."""
    try:
        kind = column.type.python_type
    except NotImplementedError:
        return text
    if kind is int:
        return int(text)
    return kind.fromisoformat(text) if kind in (date, datetime) else text


def _key_columns(extract: Extract, present: set[str]) -> list[str]:
    """Headers of the key, so that a table always comes in the same order."""
    headers = [
        next((h for h in extract.columns[name].headers if h in present), None)
        for name in extract.canonical().key
        if name in extract.columns
    ]
    return [header for header in headers if header]


def _texts(values: tuple[Any, ...]) -> Iterator[str | None]:
    for value in values:
        yield None if value is None else cell_text(value) if not hasattr(value, "as_tuple") else str(value)
