"""JSON: an array, an object that holds one, or one record per line. Numbers stay as they are written."""

from __future__ import annotations

import json
from typing import Any

from ingest import limits
from ingest.reading.faults import UnreadableFileError, too_large
from ingest.reading.headers import unique_names
from ingest.reading.opening import Opened
from ingest.reading.records import TextTable
from ingest.spec import Extract

NOT_A_RECORD = "row:not_a_record"


def document_table(opened: Opened, extract: Extract) -> TextTable:
    """The table of a JSON document: one column per field, nested ones as outer.inner, lists joined by ';'."""
    import pyarrow as pa

    try:
        text = opened.whole().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unreadable("JSON 文件不是 UTF-8 编码", "JSON that is not UTF-8") from None
    items = _items(text, extract.read.records)
    if len(items) > limits.ROWS:
        raise too_large("行数", "the number of rows", limits.ROWS, "file:too_many_rows")
    totals = extract.read.totals_row
    columns: dict[str, list[str | None]] = {}
    numbers: list[int] = []
    held: list[tuple[int, str, str]] = []
    declared = 0
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict):
            held.append((number, NOT_A_RECORD, json.dumps(item, ensure_ascii=False)))
            continue
        flat = _flat(item)
        if totals and (flat.get(totals.column) or "").strip().startswith(totals.starts_with):
            declared += 1
            continue
        for name, value in flat.items():
            column = columns.setdefault(name, [])
            column.extend([None] * (len(numbers) - len(column)))
            column.append(value)
        numbers.append(number)
    if not items:  # an empty list says nothing about its fields
        columns = {header: [] for column in extract.columns.values() for header in column.headers}
    if len(columns) > limits.COLUMNS:
        raise too_large("列数", "the number of columns", limits.COLUMNS, "file:too_many_columns")
    arrays = [pa.array(column + [None] * (len(numbers) - len(column)), pa.string()) for column in columns.values()]
    table = pa.table([*arrays, pa.array(numbers, pa.int64())], names=[*unique_names(list(columns)), "_row"])
    return TextTable(table, len(items), {"totals": declared} if declared else {}, tuple(held))


def _unreadable(zh: str, en: str) -> UnreadableFileError:
    return UnreadableFileError("file:unreadable", zh, en)


def _parse(text: str) -> Any:
    def constant(name: str) -> str:
        raise ValueError(name)

    return json.loads(text, parse_float=str, parse_int=str, parse_constant=constant, object_pairs_hook=_once)


def _items(text: str, path: str | None) -> list[Any]:
    try:
        try:
            found = _parse(text)
        except json.JSONDecodeError as error:
            if error.msg != "Extra data" or path:
                raise
            return [_parse(line) for line in text.split("\n") if line.strip()]
        for name in path.split(".") if path else ():
            found = found[name]
    except RecursionError:
        raise too_large("JSON 嵌套层数", "the nesting of its JSON", limits.NESTING, "file:too_deep") from None
    except UnreadableFileError:
        raise
    except (ValueError, KeyError, TypeError):
        raise _unreadable("不是可读的 JSON 文件(可能上传未完成)", "not readable JSON (perhaps cut off)") from None
    if isinstance(found, dict) and not path:
        return [found]
    if not isinstance(found, list):
        raise _unreadable("JSON 中找不到记录列表", "no list of records in this JSON; name it by `records`")
    return found


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
