"""The words of workbooks and texts: one label table, Chinese by default, English on request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from exports.shelf import open_read_only

Record = dict[str, Any]


@dataclass(frozen=True)
class Night:
    """What all workbooks of a published night share.

    labels: key -> text in the chosen language; dropdowns: list name -> texts in order; sources: one record per
    source and extract of marts.kpi_source_status.
    """

    as_of: date
    language: str
    labels: dict[str, str]
    dropdowns: dict[str, list[str]] = field(default_factory=dict)
    sources: list[Record] = field(default_factory=list)

    def say(self, key: str, **values: Any) -> str:
        """The label of a key with its {placeholders} filled in; the key itself if nobody has named it."""
        return self.labels.get(key, key).format(**values)

    def old_sources(self) -> list[Record]:
        """Sources whose newest data are not those of this night."""
        return [source for source in self.sources if source["status"] != "fresh"]


def records(
    connection: duckdb.DuckDBPyConnection, query: str, values: list[Any] | dict[str, Any] | None = None
) -> list[Record]:
    """Rows of a query as dictionaries."""
    cursor = connection.execute(query, values or [])
    columns = [item[0] for item in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def grouped(rows: Iterable[Record], *keys: str) -> dict[Any, list[Record]]:
    """Rows by the value of a key, or by the tuple of several, in their order."""
    found: dict[Any, list[Record]] = {}
    for row in rows:
        found.setdefault(row[keys[0]] if len(keys) == 1 else tuple(row[key] for key in keys), []).append(row)
    return found


def load_night(published: Path, as_of: date, language: str = "zh") -> Night:
    """The shared words and facts of a published folder; language is 'zh' or 'en'."""
    if language not in ("zh", "en"):
        raise ValueError(f"language is {language!r}; workbooks can be written in 'zh' or 'en'")
    with open_read_only(published / "analytics.duckdb") as connection:
        labels = dict(connection.execute(f"select key, {language} from marts.dim_label order by all").fetchall())
        sources = records(connection, "select * from marts.kpi_source_status order by source, extract")
    with open_read_only(published / "restricted.duckdb") as connection:
        dropdowns: dict[str, list[str]] = {}
        for name, text in connection.execute(
            f"select list_name, {language} from restricted.dropdown order by list_name, position, code"
        ).fetchall():
            dropdowns.setdefault(name, []).append(text)
    return Night(as_of, language, labels, dropdowns, sources)
