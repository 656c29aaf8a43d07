"""From the bytes of a received file to a table of text: every record is a data row or declared non-data."""

from __future__ import annotations

import csv
import gzip
import io
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.spec import Extract

HEADER_SEARCH = 30
"""Records at the top of a file among which the header is looked for."""

csv.field_size_limit(1_000_000)


class UnreadableFileError(ValueError):
    """A received file cannot become a table; carries the message in Chinese and English."""

    def __init__(self, rule: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.rule, self.zh, self.en = rule, zh, en


@dataclass(frozen=True)
class TextTable:
    """What was read: `table` holds VARCHAR columns named like the headers, `_row` the 1-based record numbers.

    `records` = rows of `table` + `ragged` + all `declared`.
    """

    table: pa.Table
    records: int
    declared: dict[str, int] = field(default_factory=dict)
    ragged: tuple[tuple[int, str], ...] = ()
    """Records with another number of fields than the header: (record number, its fields joined)."""


def header_key(text: str) -> str:
    """A header as it is compared: width, case and blanks do not matter."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def known_headers(extract: Extract) -> set[str]:
    """All headers the extract knows, as compared."""
    names = [header for source in extract.columns.values() for header in source.headers]
    names += [source.year_from for source in extract.columns.values() if source.year_from]
    return {header_key(name) for name in [*names, *extract.ignored]}


def unpack(path: Path) -> bytes:
    """A landed file's bytes, unpacked if its name ends in .gz."""
    data = path.read_bytes()
    if path.name.endswith(".gz"):
        try:
            return gzip.decompress(data)
        except (OSError, EOFError):
            raise UnreadableFileError("file:unreadable", "压缩文件已损坏", "the compressed file is damaged") from None
    return data


def read(path: Path, extract: Extract) -> TextTable:
    """Read one landed file as its extract says; raise UnreadableFileError if that cannot be done."""
    if path.stat().st_size == 0 and not (extract.read.names and extract.may_be_empty):  # a day without calls
        raise UnreadableFileError("file:empty", "文件为 0 字节", "the file has 0 bytes")
    if extract.read.format == "table":
        return _from_parquet(path)
    if extract.read.format == "xlsx":
        return _from_records(_sheet_records(path, extract), extract)
    return _from_records(_csv_records(unpack(path), extract), extract)


def decode(data: bytes, extract: Extract) -> str:
    """The text of a file, in the encoding under which most known headers appear (Big5 also "decodes" as GB18030)."""
    best: tuple[int, str] | None = None
    wanted = known_headers(extract)
    for encoding in extract.read.encodings:
        try:
            text = data.decode(encoding)
        except (UnicodeDecodeError, UnicodeError):
            continue
        top = csv.reader(io.StringIO(text[:20_000]), delimiter=extract.read.delimiter, quotechar=extract.read.quote)
        found = 0
        for _, record in zip(range(HEADER_SEARCH), top, strict=False):
            found = max(found, len(wanted & set(map(header_key, record))))
        if best is None or found > best[0]:
            best = (found, text)
    if best is None:
        tried = "、".join(extract.read.encodings)
        raise UnreadableFileError(
            "file:unreadable",
            f"文件编码无法识别(已试 {tried})",
            f"the text is in none of the encodings {', '.join(extract.read.encodings)}",
        )
    return best[1]


def _csv_records(data: bytes, extract: Extract) -> list[list[str]]:
    text = decode(data, extract).replace("\x00", "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=extract.read.delimiter, quotechar=extract.read.quote)
    try:
        return list(reader)
    except csv.Error as error:
        raise UnreadableFileError(
            "file:unreadable", f"第 {reader.line_num} 行无法解析", f"line {reader.line_num} cannot be parsed: {error}"
        ) from None


def cell_text(value: object) -> str:
    """An Excel cell as text: dates in ISO form, whole numbers without a decimal point."""
    match value:
        case str():
            return value
        case bool():
            return "1" if value else "0"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(round(value, 9))
        case datetime():
            return str(value.date()) if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
        case date() | timedelta() | time() | int():
            return str(value)
    return ""


def _sheet_records(path: Path, extract: Extract) -> list[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        names = book.sheet_names
        sheet = extract.read.sheet or names[0]
        if sheet not in names:
            raise UnreadableFileError(
                "file:no_sheet", f"缺少工作表“{sheet}”", f"there is no sheet {sheet!r}; the sheets are {names}"
            )
        rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError, IndexError) as error:
        if isinstance(error, UnreadableFileError):
            raise
        raise UnreadableFileError(
            "file:unreadable", "不是可读的 Excel 文件(可能上传未完成)", "not a readable Excel file (perhaps cut off)"
        ) from None
    return [[cell_text(value) for value in row] for row in rows]


def _from_parquet(path: Path) -> TextTable:
    table = pq.read_table(path)
    return TextTable(table.append_column("_row", pa.array(range(1, table.num_rows + 1), pa.int64())), table.num_rows)


def _header_at(records: list[list[str]], extract: Extract) -> int:
    """Index of the record that carries most known headers."""
    wanted = known_headers(extract)
    scores = [len(wanted & set(map(header_key, record))) for record in records[:HEADER_SEARCH]]
    if not scores or max(scores) < 2:
        shown = records[0][:12] if records else []
        raise UnreadableFileError(
            "file:no_header",
            "找不到表头",
            f"no line carries the headers of the spec; the first line has {len(records[0]) if records else 0} "
            f"columns{': ' + ', '.join(shown) if shown and _is_harmless(shown) else ''}",
        )
    return scores.index(max(scores))


def _is_harmless(cells: list[str]) -> bool:
    """True if cells look like headers, not like somebody's data: no digits."""
    return not any(character.isdigit() for cell in cells for character in cell)


def _from_records(records: list[list[str]], extract: Extract) -> TextTable:
    declared: Counter[str] = Counter()
    if extract.read.names:
        header, start = list(extract.read.names), 0
    else:
        start = _header_at(records, extract) + 1
        header = [name.strip() for name in records[start - 1]]
        while header and not header[-1]:
            header.pop()
        declared["header"] = 1
        for record in records[: start - 1]:
            declared["title" if any(map(str.strip, record)) else "blank"] += 1
    width = len(header)
    totals = extract.read.totals_row
    total_column = None
    if totals:
        keys = [header_key(name) for name in header]
        total_column = keys.index(header_key(totals.column)) if header_key(totals.column) in keys else None

    fill_in = [
        i for i, name in enumerate(header) if header_key(name) in set(map(header_key, extract.read.unanswered_if_blank))
    ]
    rows: list[list[str]] = []
    numbers: list[int] = []
    ragged: list[tuple[int, str]] = []
    for number, record in enumerate(records[start:], start + 1):
        if not any(map(str.strip, record)):
            declared["blank"] += 1
        elif (
            totals
            and total_column is not None
            and len(record) > total_column
            and record[total_column].strip().startswith(totals.starts_with)
        ):
            declared["totals"] += 1
        elif fill_in and not any(record[i].strip() for i in fill_in if i < len(record)):
            declared["unanswered"] += 1
        elif len(record) == width or (len(record) > width and not any(map(str.strip, record[width:]))):
            rows.append(record[:width])
            numbers.append(number)
        elif (extract.read.names and len(record) < width) or (extract.read.format == "xlsx" and len(record) < width):
            rows.append(record + [""] * (width - len(record)))
            numbers.append(number)
        else:
            ragged.append((number, extract.read.delimiter.join(record)))
    if totals and totals.required and not declared["totals"]:
        raise UnreadableFileError(
            "file:truncated",
            f"文件不完整:缺少“{totals.starts_with}”行(读到 {len(rows)} 行后中断)",
            f"the file was cut off: its totals row ({totals.starts_with}) is missing after {len(rows)} rows",
        )
    columns = list(zip(*rows, strict=True)) if rows else [()] * width
    table = pa.table(
        {_unique(header, i): pa.array(columns[i], pa.string()) for i in range(width)}
        | {"_row": pa.array(numbers, pa.int64())}
    )
    return TextTable(table, len(records), dict(declared), tuple(ragged))


def _unique(header: list[str], index: int) -> str:
    name = header[index] or f"column {index + 1}"
    return f"{name} ({index + 1})" if name in header[:index] else name
