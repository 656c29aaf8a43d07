"""Workbooks: rows of the sheet that carries the headers. Cached values only: no formula is evaluated, no link followed."""

from __future__ import annotations

import html
import io
import re
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from html.parser import HTMLParser

from ingest import limits
from ingest.reading.faults import UnreadableFileError, too_large
from ingest.reading.headers import HEADER_SEARCH, header_key, known_headers
from ingest.reading.joining import joined
from ingest.reading.opening import DAMAGED, Opened, encrypted
from ingest.spec import EVERY_SHEET, Extract

ROW, CELL = re.compile(rb"<(?:\w+:)?row[\s>/]"), re.compile(rb"<(?:\w+:)?c[\s>/]")
PLAIN = re.compile(rb'<c r="([A-Z]{1,4})(\d{1,9})"')
"""How nearly every program begins a cell; found four times as fast as any other way to write it."""
NOT_PLAIN = re.compile(rb'<(?:c(?! r="[A-Z]{1,4}\d{1,9}")|\w+:c)[\s>/]')
ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row\s(?:[^>]*?\s)?r=["'](\d{1,9})["']""")
REFERENCE = re.compile(rb"""<(?:\w+:)?c\s(?:[^>]*?\s)?r=["']([A-Z]{1,4})(\d{1,9})["']""")
ERROR_CELL = re.compile(
    rb"""<(?:\w+:)?c\s(?:[^>]*?\s)?t=["']e["'](?:[^>]*[^>/])?>.*?<(?:\w+:)?v>([^<]*)<.*?</(?:\w+:)?c>""", re.S
)
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def cell_text(value: object) -> str:
    """An Excel cell as text: dates in ISO form, whole numbers without a decimal point, no digit invented.

    A number beyond 15 digits was rounded by Excel; it keeps its exponent so that typing can see it.
    """
    match value:
        case str():
            return value
        case bool():
            return "1" if value else "0"
        case float():
            if value.is_integer():
                return cell_text(int(value))
            text = repr(round(value, 9))
            return format(Decimal(text), "f") if "e" in text else text
        case datetime():
            return str(value.date()) if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
        case int():
            return str(value) if abs(value) < 10**15 else f"{value:.14E}"
        case date() | timedelta() | time():
            return str(value)
    return ""


def sheet_records(opened: Opened, extract: Extract) -> tuple[str, list[list[str]]]:
    """Name and rows of the wanted sheet. Raises UnreadableFileError."""
    from python_calamine import CalamineError, CalamineWorkbook

    data = opened.whole()
    if opened.kind == "xls" and ENCRYPTED in data:
        raise encrypted()
    errors = _looked_over(data) if opened.kind == "xlsx" else _old_looked_over(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        visible = [s.name for s in book.sheets_metadata if str(s.visible).endswith("Visible")] or book.sheet_names
        names = [extract.read.sheet] if extract.read.sheet not in (None, EVERY_SHEET) else visible
        if not names:
            raise CalamineError("no sheet")
        if names[0] not in book.sheet_names:
            raise UnreadableFileError(
                "file:no_sheet",
                f"“{names[0]}”",
                f"{names[0]!r}; the workbook has {len(book.sheet_names)} others",
            )
        sheets = [(name, _rows(book, name, errors.get(name, {}))) for name in names]
    except UnreadableFileError:
        raise
    except (CalamineError, *DAMAGED) as error:
        if "password" in str(error).lower():
            raise encrypted() from None
        raise UnreadableFileError(
            "file:unreadable", "不是可读的 Excel 文件(可能上传未完成)", "not a readable Excel file (perhaps cut off)"
        ) from None
    wanted = known_headers(extract)
    if extract.read.sheet == EVERY_SHEET:
        return joined(sheets, wanted)
    scores = [_best_row(rows, wanted) for _, rows in sheets]
    if scores.count(max(scores)) > 1 and max(scores) >= min(2, len(wanted)):
        alike = "、".join(name for (name, _), score in zip(sheets, scores, strict=True) if score == max(scores))
        raise UnreadableFileError(
            "file:ambiguous_sheet",
            alike,
            f"{scores.count(max(scores))} sheets",
        )
    return sheets[scores.index(max(scores))]


def _rows(book: object, name: str, errors: dict[tuple[int, int], str]) -> list[list[str]]:
    rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)  # type: ignore[attr-defined]
    texts = [[cell_text(cell) for cell in row] for row in rows]
    for (row, column), error in errors.items():  # the library gives a blank for #N/A and the like
        if row < len(texts) and column < len(texts[row]):
            texts[row][column] = error
    while texts and not any(texts[-1]):
        texts.pop()
    return texts


def _best_row(rows: list[list[str]], wanted: set[str]) -> int:
    return max((len(wanted & set(map(header_key, row))) for row in rows[:HEADER_SEARCH]), default=0)


def _looked_over(data: bytes) -> dict[str, dict[tuple[int, int], str]]:
    """Error cells by sheet, (row, column) from 0. Refuses what would fill the memory before it is allocated:
    unpacked size, number of members, a stray cell at the far corner."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > limits.MEMBERS:
                raise too_large("压缩成员数", "the number of members", limits.MEMBERS, "file:bomb")
            size = sum(member.file_size for member in members)
            if size > limits.BOOK_BYTES or size > max(limits.UNPACKED_FREE, len(data) * limits.UNPACKED_RATIO):
                raise too_large("解压后的内容", "its unpacked content", limits.BOOK_BYTES, "file:bomb")
            names = {member.filename for member in members}
            return {
                name: _sheet_looked_over(archive.read(file))
                for name, file in _files_of_sheets(archive)
                if file in names
            }
    except UnreadableFileError:
        raise
    except DAMAGED:
        raise UnreadableFileError(
            "file:unreadable", "不是可读的 Excel 文件(可能上传未完成)", "not a readable Excel file (perhaps cut off)"
        ) from None


def _files_of_sheets(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """(sheet, member that holds its cells): the workbook names them by an id, whatever the members are called."""
    links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets = {}
    for tag in re.findall(r"<(?:\w+:)?Relationship\s[^>]*>", links):
        parts = dict(re.findall(r'\b(Id|Target)="([^"]*)"', tag))
        target = parts.get("Target", "")
        targets[parts.get("Id")] = target[1:] if target.startswith("/") else f"xl/{target}"
    sheets = re.findall(r"<(?:\w+:)?sheet\s[^>]*>", archive.read("xl/workbook.xml").decode("utf-8", "replace"))
    named = [dict(re.findall(r'\b(name|\w+:id)="([^"]*)"', tag)) for tag in sheets]
    return [
        (html.unescape(tag["name"]), targets.get(link, ""))
        for tag in named
        for link in [value for key, value in tag.items() if key.endswith(":id")]
    ]


def _old_looked_over(data: bytes) -> dict[str, dict[tuple[int, int], str]]:
    """The same for BIFF. A damaged one can make the fast reader fill the memory; the slow one sees the damage first."""
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=data, logfile=io.StringIO())
        found = {}
        for page in book.sheets():
            if page.nrows * page.ncols > limits.BOOK_CELLS:
                raise too_large("单元格数", "the number of cells", limits.BOOK_CELLS, "file:too_many_rows")
            found[page.name] = {
                (y, x): xlrd.error_text_from_code.get(page.cell_value(y, x), "#N/A")
                for y in range(page.nrows)
                for x, kind in enumerate(page.row_types(y))
                if kind == xlrd.XL_CELL_ERROR
            }
        return found
    except UnreadableFileError:
        raise
    except Exception as error:  # damage shows in any of Python's errors
        if "encrypted" in str(error).lower():
            raise encrypted() from None
        raise UnreadableFileError(
            "file:unreadable", "不是可读的 Excel 文件(可能上传未完成)", "not a readable Excel file (perhaps cut off)"
        ) from None


def _sheet_looked_over(xml: bytes) -> dict[tuple[int, int], str]:
    is_plain = not NOT_PLAIN.search(xml)
    found = (PLAIN if is_plain else REFERENCE).findall(xml)
    rows = max(map(int, {row for _, row in found}), default=0)
    width = max(map(_column_number, {column for column, _ in found}), default=0)
    if not is_plain and len(CELL.findall(xml)) > len(found):  # cells without a reference stand behind the one before
        rows = max([rows, len(ROW.findall(xml)), *map(int, ROW_NUMBER.findall(xml))])
        width += max(len(CELL.findall(row)) for row in ROW.split(xml))
    if width > limits.COLUMNS:
        raise too_large("列数", "the number of columns", limits.COLUMNS, "file:too_many_columns")
    if rows * width > limits.BOOK_CELLS:
        raise too_large("单元格数", "the number of cells", limits.BOOK_CELLS, "file:too_many_rows")
    if b't="e"' not in xml and b"t='e'" not in xml:
        return {}
    return {_place(xml, cell): cell[1].decode("utf-8", "replace") for cell in ERROR_CELL.finditer(xml)}


def _place(xml: bytes, cell: re.Match[bytes]) -> tuple[int, int]:
    """Row and column of a cell, from 0: as its reference says, else as they are counted."""
    if reference := REFERENCE.match(cell[0]):
        return int(reference[2]) - 1, _column_number(reference[1]) - 1
    before = xml[: cell.start()]
    row = list(ROW.finditer(before))
    number = ROW_NUMBER.match(before, row[-1].start())
    return int(number[1] if number else len(row)) - 1, len(CELL.findall(before, row[-1].start()))


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


class _Cells(HTMLParser):
    """Rows of the tables of a page: what many a web system calls an Excel file.

    A cell that spans others stands in the first of them, the rest are blank, as in a merged workbook.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._cell: list[str] | None = None
        self._at = 0
        self._covered: dict[int, int] = {}
        """Column → how many more rows a cell from above covers it."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self._covered = {place: rows - 1 for place, rows in self._covered.items() if rows > 0}
            self.rows.append([])
            self._cell = None
        elif tag in ("td", "th") and self.rows:
            row, spans = self.rows[-1], dict(attrs)
            while self._covered.get(len(row), 0) > 0:
                row.append("")
            self._at = len(row)
            width, height = _span(spans.get("colspan")), _span(spans.get("rowspan"))
            row.extend([""] * width)
            if height > 1:
                self._covered |= dict.fromkeys(range(self._at, self._at + width), height)
            self._cell = []

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)
            self.rows[-1][self._at] = "".join(self._cell).strip()

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr"):
            self._cell = None


def _span(text: str | None) -> int:
    return min(max(int(text), 1), limits.COLUMNS) if text and text.isdecimal() else 1


def page_records(text: str) -> list[list[str]]:
    """Rows of an HTML page that was saved as a workbook."""
    parser = _Cells()
    parser.feed(text)
    parser.close()
    return parser.rows
