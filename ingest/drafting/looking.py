"""What an unknown file is: shape, encoding, delimiter, sheets, where its header is. It is read by the reader itself, under
an extract that knows every header anybody ever used."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.drafting.vocabulary import Vocabulary, similarity
from ingest.reading import UnreadableFileError, header_key, read_batches
from ingest.reading.headers import HEADER_SEARCH, find_header
from ingest.reading.opening import Opened, open_file
from ingest.reading.sheets import page_records, sheet_records
from ingest.reading.text import SAMPLE_BYTES, choose_encoding
from ingest.spec import Extract, Read

DELIMITERS = (",", "\t", "|", ";", "^", "~", "\x01")
TOTALS = ("合计", "总计", "小计", "共计", "累计", "total", "sum")
SAMPLE_ROWS = 2000
LIKE_A_HEADER = 0.7
"""A cell this similar to a known header is one."""
IS_DATA = re.compile(r"^[+-]?[\d.,/:%¥\s-]{1,30}$|\d{5,}")
"""Numbers, dates, times, phones, identity numbers: what no header looks like."""


@dataclass(frozen=True)
class Layout:
    """One table found in a file. `names`: one unique name per column; `header_rows`: records from 1, empty if there is
    no header line, `found_by` then says where the names come from."""

    file: str
    read: Read
    names: tuple[str, ...]
    header_rows: tuple[int, ...]
    found_by: str
    """known, similar, shape (text above data), names (a known log), none."""
    table: pa.Table
    records: int
    declared: dict[str, int]
    held: int
    total: tuple[str, str, bool] | None = None
    """(column, word, stands last) of a totals row."""
    titles: str = ""
    """What stands above the header; only looked at for the insurer's name."""

    def without_names(self) -> Layout:
        """The same table with columns that are called by their place: it is not the log it was taken for."""
        names = tuple(f"column {place}" for place in range(1, len(self.names) + 1))
        read = self.read.model_copy(update={"names": names})
        return replace(self, names=names, read=read, found_by="none", table=self.table.rename_columns(names))


def probe(headers: set[str], read: Read) -> Extract:
    """An extract that knows all these headers and wants nothing in particular."""
    return Extract(entity="policy", files=("*",), read=read, columns={"policy_number": {"from": sorted(headers)}})


def look(path: Path, words: Vocabulary) -> list[Layout]:
    """Every table of a file that could be an extract: one per text, several for a workbook. Raises UnreadableFileError."""
    if path.stat().st_size == 0:
        raise UnreadableFileError("file:empty", "文件为 0 字节", "the file has 0 bytes")
    opened = open_file(path)
    if opened.kind == "parquet":
        raise UnreadableFileError(
            "file:unreadable", "Parquet 不是来源交来的文件", "Parquet is no file that a source hands over"
        )
    if opened.kind in ("xlsx", "xls"):
        return _sheets(path, opened, words)
    if opened.kind == "html":
        encoding = choose_encoding(opened, Read(), words.headers)
        rows = page_records(opened.whole().decode(encoding, "replace"))
        return [_layout(path, rows, Read(format="xlsx", encodings=(_plain(encoding),)), words)]
    document = _document(opened)
    if document is not None:
        return [_json(path, document, words)]
    encoding = choose_encoding(opened, Read(), words.headers)
    is_ascii = opened.head(SAMPLE_BYTES).isascii()  # then nothing tells encodings apart
    encodings = Read().encodings if is_ascii else (_plain(encoding),)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(opened.head(64 * 1024))
    text = text.replace("\0", "").lstrip("\ufeff")
    delimiter = _delimiter(text, words)
    rows = _rows(text, delimiter)
    return [_layout(path, rows, Read(encodings=encodings, delimiter=delimiter), words)]


def _plain(encoding: str) -> str:
    """The name a spec gives an encoding; the byte order is found out each time."""
    return "utf-16" if encoding.startswith("utf-16") else encoding


def _rows(text: str, delimiter: str) -> list[list[str]]:
    """The first records of a text, without the last one, which may be cut."""
    try:
        rows = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), HEADER_SEARCH + 1))
    except csv.Error:
        return []
    return rows[:-1] if len(text) > 60_000 and len(rows) > 1 else rows


def _delimiter(text: str, words: Vocabulary) -> str:
    """The one that shows most known headers, then the one that gives most records the same number of fields."""
    if text[:4].casefold() == "sep=" and len(text) > 4:
        return text[4]

    def score(delimiter: str) -> tuple[int, float]:
        rows = _rows(text, delimiter)
        known = max((sum(header_key(cell) in words.headers for cell in row) for row in rows), default=0)
        widths = Counter(len(row) for row in rows if any(map(str.strip, row)))
        width, times = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return known, times * (width > 1) + min(width, 99) / 100

    return max(DELIMITERS, key=score)


def _sheets(path: Path, opened: Opened, words: Vocabulary) -> list[Layout]:
    """The visible sheets that look like tables; the workbook is opened by the reader first, which knows its limits."""
    from python_calamine import CalamineWorkbook

    extract = probe(words.headers, Read(format="xlsx"))
    try:
        first = {sheet: rows for sheet, rows in [sheet_records(opened, extract)]}
    except UnreadableFileError as fault:
        if fault.rule != "file:ambiguous_sheet":
            raise
        first = {}
    book = CalamineWorkbook.from_filelike(io.BytesIO(opened.whole()))
    visible = [sheet.name for sheet in book.sheets_metadata if str(sheet.visible).endswith("Visible")]
    found = []
    for sheet in visible or book.sheet_names:
        read = Read(format="xlsx", sheet=sheet)
        rows = first[sheet] if sheet in first else sheet_records(opened, probe(words.headers, read))[1]
        try:
            found.append(_layout(path, rows, read, words))
        except UnreadableFileError as fault:
            if fault.rule != "file:no_header":  # a sheet of remarks
                raise
    with_header = [layout for layout in found if layout.header_rows]
    found = with_header or found
    if len(found) == 1:  # the reader finds it by itself, whatever the sheet is called next month
        found = [replace(found[0], read=found[0].read.model_copy(update={"sheet": None}))]
    if not found:
        raise UnreadableFileError("file:no_header", "工作簿中没有数据", "no sheet of the workbook holds anything")
    return found


def _document(opened: Opened) -> Any | None:
    """The parsed JSON of a file that is JSON (also one record per line), else None."""
    if opened.head(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in (b"{", b"["):
        return None
    try:
        text = opened.whole().decode("utf-8-sig")
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return [json.loads(line) for line in text.split("\n") if line.strip()]
    except (ValueError, RecursionError):
        return None


def _json(path: Path, document: Any, words: Vocabulary) -> Layout:
    """The longest list of records in a document and where it stands."""

    def lists(value: Any, place: tuple[str, ...]) -> list[tuple[int, tuple[str, ...]]]:
        if isinstance(value, list):
            return [(sum(isinstance(one, dict) for one in value), place)]
        if isinstance(value, dict) and len(place) < 4:
            return [found for name, one in value.items() for found in lists(one, (*place, name))]
        return []

    best = max(lists(document, ()), key=lambda found: (found[0], -len(found[1])), default=(0, ()))
    read = Read(format="json", records=".".join(best[1]) or None)
    content = _read(path, probe(words.headers, read))
    return _made(path, read, (), "names", content, "")


def _layout(path: Path, rows: list[list[str]], read: Read, words: Vocabulary) -> Layout:
    """Where the header of some records is, and the table under it."""
    top = [[cell.strip() for cell in row] for row in rows[:HEADER_SEARCH]]
    headers, found_by = words.headers, "known"
    try:
        header = find_header(top, probe(headers, read))
        if sum(header_key(name) in headers for name in header.names) * 4 < len(header.names):
            raise UnreadableFileError("file:no_header", "", "")  # two words of a data line are no header
    except UnreadableFileError:
        header = None
    if header is None:
        place, found_by = _header_by_looks(top, words)
        if place is None:
            return _headerless(path, top, read, words)
        headers = {header_key(cell) for cell in top[place] if cell}
        header = find_header(top, probe(headers, read))
    wanted = {header_key(cell) for cell in header.names} | headers
    titles = " ".join(cell for row in top[: header.rows[0]] for cell in row)
    content = _read(path, probe(wanted, read))
    return _made(path, read, tuple(row + 1 for row in header.rows), found_by, content, titles)


def _header_by_looks(top: list[list[str]], words: Vocabulary) -> tuple[int | None, str]:
    """The first record most of whose cells are like known headers, else one of text above records of data."""
    every = frozenset(words.headers)
    scores = [sum(similarity(cell, every) >= LIKE_A_HEADER for cell in row if cell and not IS_DATA.search(cell))
              for row in top]  # fmt: skip
    if scores and max(scores) >= 2:
        return scores.index(max(scores)), "similar"
    for place, row in enumerate(top[:-1]):
        cells = [cell for cell in row if cell]
        below = top[place + 1]
        if len(cells) < 2 or any(IS_DATA.search(cell) for cell in cells) or len(set(cells)) < len(cells):
            continue
        if len(below) >= len(cells) and sum(bool(IS_DATA.search(cell)) for cell in below) * 3 >= len(cells):
            return place, "shape"
    return None, "none"


def _headerless(path: Path, top: list[list[str]], read: Read, words: Vocabulary) -> Layout:
    """A file without a header line: the names of a known log of that width, else names by place."""
    width = Counter(len(row) for row in top if any(row)).most_common(1)[0][0] if any(map(any, top)) else 0
    if width < 2:
        raise UnreadableFileError("file:no_header", "看不出表格", "nothing in it looks like a table")
    known = [names for names in words.headerless if abs(len(names) - width) <= 1]
    names = known[0] if known else tuple(f"column {place}" for place in range(1, width + 1))
    read = read.model_copy(update={"names": names})
    return _made(path, read, (), "names" if known else "none", _read(path, probe(set(names), read)), "")


@dataclass(frozen=True)
class _Content:
    """What the reader made of a file: its first and its last rows, and the counts of all."""

    first: pa.Table
    last: pa.Table
    records: int
    declared: dict[str, int]
    held: int


def _read(path: Path, extract: Extract) -> _Content:
    first = last = None
    declared: Counter[str] = Counter()
    records = held = 0
    for part in read_batches(path, extract):
        records, held = records + part.records, held + len(part.held)
        declared.update(part.declared)
        first, last = first if first is not None else part.table, part.table
    assert first is not None and last is not None  # the reader gives at least one batch
    return _Content(first, last, records, dict(declared), held)


def _made(path: Path, read: Read, rows: tuple[int, ...], found_by: str, content: _Content, titles: str) -> Layout:
    names = tuple(name for name in content.first.column_names if name != "_row")
    total = _total(content.last, names)
    table = content.first.slice(0, SAMPLE_ROWS).select(list(names))
    if total:
        starts = pc.starts_with(pc.utf8_trim_whitespace(pc.fill_null(table[total[0]], "")), total[1])
        table = table.filter(pc.invert(starts))
    return Layout(
        path.name, read, names, rows, found_by, table, content.records, content.declared, content.held, total, titles
    )


def _total(table: pa.Table, names: tuple[str, ...]) -> tuple[str, str, bool] | None:
    """A totals row among the last records: the column and the word it begins with, and whether nothing follows."""
    count = table.num_rows
    for back in range(1, min(count, 20) + 1):
        row = table.slice(count - back, 1)
        for name in names[:4]:
            cell = (row[name][0].as_py() or "").strip()
            word = next((word for word in TOTALS if cell.casefold().startswith(word)), None)
            if word and sum(bool((row[other][0].as_py() or "").strip()) for other in names) * 2 <= len(names) + 1:
                return name, cell[: len(word)], back == 1
    return None
