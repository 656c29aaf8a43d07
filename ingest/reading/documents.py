"""JSON: an array, an object that holds one, or one record per line. Numbers stay as they are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from ingest import limits
from ingest.reading.faults import UnreadableFileError, too_large
from ingest.reading.headers import unique_names
from ingest.reading.opening import Opened
from ingest.reading.records import BATCH_RECORDS, TextTable
from ingest.spec import Extract

NOT_A_RECORD = "row:not_a_record"
RECORDS_AT_ONCE = 20_000
"""Records that are Python's objects at a time."""
SPACE = " \t\r\n"
NEXT = re.compile(rf"[{SPACE}]*")


def document_tables(opened: Opened, extract: Extract) -> Iterator[TextTable]:
    """The tables of a JSON document: one column per field, nested ones as outer.inner, lists joined by ';'.

    What fields there are is known at the end only, so all records wait as columns, which are no larger than the file.
    """
    try:
        text = opened.whole().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unreadable("JSON 文件不是 UTF-8 编码", "JSON that is not UTF-8") from None
    sorter = _Fields(extract)
    for item in _items(text, extract.read.records):
        sorter.add(item)
    names, columns = sorter.columns()
    table = pa.table([*columns, pa.chunked_array(sorter.numbers, pa.int64())], names=[*unique_names(names), "_row"])
    apart = len(sorter.held) + sorter.totals
    for start in range(0, table.num_rows or 1, BATCH_RECORDS):
        rows = table.slice(start, BATCH_RECORDS)
        declared = {"totals": sorter.totals} if sorter.totals and not start else {}
        held = () if start else tuple(sorter.held)
        yield TextTable(rows, rows.num_rows + (0 if start else apart), declared, held)


class _Fields:
    """Records of a document as columns; every so many become columns of Arrow, a tenth of the size of Python's."""

    def __init__(self, extract: Extract) -> None:
        self._extract = extract
        self._totals = extract.read.totals_row
        self._parts: list[pa.Table] = []
        self._columns: dict[str, list[str | None]] = {}
        self._names: dict[str, None] = {}
        self._waiting: list[int] = []
        self._count = 0
        self.numbers: list[pa.Array] = []
        """Record numbers of the rows."""
        self.held: list[tuple[int, str, str]] = []
        self.totals = 0

    def add(self, item: Any) -> None:
        """Take the next record. Raises UnreadableFileError if there are more than a file may have."""
        self._count += 1
        if self._count > limits.ROWS:
            raise too_large("行数", "the number of rows", limits.ROWS, "file:too_many_rows")
        if not isinstance(item, dict):
            self.held.append((self._count, NOT_A_RECORD, json.dumps(item, ensure_ascii=False)))
            return
        flat = _flat(item)
        if self._totals and (flat.get(self._totals.column) or "").strip().startswith(self._totals.starts_with):
            self.totals += 1
            return
        for name, value in flat.items():
            column = self._columns.setdefault(name, [])
            column.extend([None] * (len(self._waiting) - len(column)))
            column.append(value)
        self._waiting.append(self._count)
        if len(self._columns) > limits.COLUMNS:
            raise too_large("列数", "the number of columns", limits.COLUMNS, "file:too_many_columns")
        if len(self._waiting) == RECORDS_AT_ONCE:
            self._pack()

    def _pack(self) -> None:
        count = len(self._waiting)
        full = {name: column + [None] * (count - len(column)) for name, column in self._columns.items()}
        self._parts.append(pa.table({name: pa.array(column, pa.string()) for name, column in full.items()}))
        self.numbers.append(pa.array(self._waiting, pa.int64()))
        self._names |= dict.fromkeys(self._columns)
        self._columns, self._waiting = {}, []
        if len(self._names) > limits.COLUMNS:
            raise too_large("列数", "the number of columns", limits.COLUMNS, "file:too_many_columns")

    def columns(self) -> tuple[list[str], list[pa.ChunkedArray]]:
        """Names and columns of all rows."""
        self._pack()
        if not self._count:  # an empty list says nothing about its fields
            self._names = {header: None for column in self._extract.columns.values() for header in column.headers}
        columns = []
        for name in self._names:
            chunks = [
                part[name].combine_chunks() if name in part.column_names else pa.nulls(len(numbers), pa.string())
                for part, numbers in zip(self._parts, self.numbers, strict=True)
            ]
            columns.append(pa.chunked_array(chunks, pa.string()))
        return list(self._names), columns


def _unreadable(zh: str, en: str) -> UnreadableFileError:
    return UnreadableFileError("file:unreadable", zh, en)


def _constant(name: str) -> str:
    raise ValueError(name)


def _items(text: str, path: str | None) -> Iterator[Any]:
    """The records of a document, one after the other."""
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_constant, object_pairs_hook=_once)
    try:
        if path:
            found = decoder.decode(text)
            for name in path.split("."):
                found = found[name]
            if not isinstance(found, list):
                raise _unreadable("JSON 中找不到记录列表", "no list of records in this JSON; name it by `records`")
            yield from found
            return
        if _is_lines(decoder, text):
            yield from (decoder.decode(line) for line in _lines(text) if line.strip())
        elif text.lstrip(SPACE).startswith("["):
            yield from _elements(decoder, text)
        elif isinstance(found := decoder.decode(text), dict):
            yield found
        else:
            raise _unreadable("JSON 中找不到记录列表", "no list of records in this JSON; name it by `records`")
    except RecursionError:
        raise too_large("JSON 嵌套层数", "the nesting of its JSON", limits.NESTING, "file:too_deep") from None
    except UnreadableFileError:
        raise
    except (ValueError, KeyError, TypeError):
        raise _unreadable("不是可读的 JSON 文件(可能上传未完成)", "not readable JSON (perhaps cut off)") from None


def _lines(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end + 1


def _is_lines(decoder: json.JSONDecoder, text: str) -> bool:
    """True if the first line is a whole document and others follow."""
    lines = (line for line in _lines(text) if line.strip())
    first = next(lines, "")
    if next(lines, None) is None:
        return False
    try:
        decoder.decode(first)
    except json.JSONDecodeError:
        return False
    return True


def _elements(decoder: json.JSONDecoder, text: str) -> Iterator[Any]:
    """The elements of a document that is a list, each parsed when it is asked for. Raises ValueError."""
    at = NEXT.match(text, text.index("[") + 1).end()  # type: ignore[union-attr]
    while text[at : at + 1] != "]":
        element, at = decoder.raw_decode(text, at)
        yield element
        at = NEXT.match(text, at).end()  # type: ignore[union-attr]
        if text[at : at + 1] == ",":
            at = NEXT.match(text, at + 1).end()  # type: ignore[union-attr]
            if text[at : at + 1] == "]":
                raise ValueError("a comma and no element")
        elif text[at : at + 1] != "]":
            raise ValueError("no comma")
    if text[at + 1 :].strip(SPACE):
        raise ValueError("something behind the list")


def _flat(item: dict[str, Any], prefix: str = "", depth: int = 1) -> dict[str, str | None]:
    if depth > limits.NESTING:
        raise too_large("JSON 嵌套层数", "the nesting of its JSON", limits.NESTING, "file:too_deep")
    fields: list[tuple[str, str | None]] = []
    for name, value in item.items():
        if isinstance(value, dict):
            fields += _flat(value, f"{prefix}{name}.", depth + 1).items()
        elif isinstance(value, list):
            text = ";".join(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in value)
            fields.append((prefix + name, text))
        elif isinstance(value, bool):
            fields.append((prefix + name, "1" if value else "0"))
        else:
            fields.append((prefix + name, value))
    return _once(fields)


def _once(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(fields)
    if len(found) < len(fields):
        raise _unreadable("JSON 记录中有重复的字段", "a JSON record names a field twice")
    return found
