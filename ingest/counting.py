"""An independent count of a file's records: shares no code with the reader, so that neither can hide a loss.

What the reader found out (delimiter, sheet, encoding) is told to it; how many records that makes is its own count.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow.parquet as pq

from ingest.spec import EVERY_SHEET, Extract

LINE_ENDS = (b"\r\n", b"\n", b"\r")
PIECE = 16 * 1024 * 1024


def count_records(
    path: Path, extract: Extract, delimiter: str = ",", sheet: str | None = None, encoding: str = "utf-8"
) -> int:
    """Number of records in a landed file, counted from its bytes (rows up to the last value, for a workbook)."""
    with _unpacked(path) as stream:
        if extract.read.format == "table":
            return pq.ParquetFile(stream).metadata.num_rows
        if extract.read.format == "json":
            return _json_records(stream.read(), extract.read.records)
        head = stream.read(4096)
        stream.seek(0)
        if head[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
            data, rows_of = stream.read(), _rows_of_sheet if head[:2] == b"PK" else _rows_of_old_sheet
            several = sheet.split("/") if sheet and extract.read.sheet == EVERY_SHEET else [sheet]
            return sum(rows_of(data, one) for one in several)
        if re.match(rb"(\xef\xbb\xbf)?[\s\x00\xff\xfe]*<\x00?[!htm]", head, re.I):
            return len(re.findall(rb"<tr[\s>]", stream.read().replace(b"\x00", b""), re.I))
        return _lines(stream, delimiter.encode(), extract.read.quote.encode(), encoding)


@contextmanager
def _unpacked(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as file:
        head = file.read(4)
    if head[:2] == b"\x1f\x8b":
        with gzip.open(path) as stream:
            yield stream  # type: ignore[misc]
    elif head[:2] == b"PK" and b"[Content_Types].xml" not in (names := _names(path)):
        with zipfile.ZipFile(path) as archive:
            wanted = [name for name in names if not name.endswith(b"/") and not name.startswith(b"__MACOSX")]
            with archive.open(wanted[0].decode()) as stream:
                yield stream  # type: ignore[misc]
    else:
        with path.open("rb") as stream:
            yield stream


def _names(path: Path) -> list[bytes]:
    with zipfile.ZipFile(path) as archive:
        return [name.encode() for name in archive.namelist()]


def _lines(stream: BinaryIO, delimiter: bytes, quote: bytes, encoding: str) -> int:
    """Line ends outside quotes: quoted fields are cut out first, then line ends are counted; piece by piece."""
    # in GB18030 and Big5 the second byte of a character may be a bar or another sign from 0x40 on
    is_bytewise = not encoding.startswith("utf-16") and (encoding.startswith("utf-8") or max(delimiter + quote) < 0x40)
    decoder = None if is_bytewise else codecs.getincrementaldecoder(encoding)("replace")
    start = rb"(?:(?<=[\r\n])|(?<=" + re.escape(delimiter) + rb")|\A)"
    quoted = re.compile(start + quote + rb"(?:[^" + quote + rb"]++|" + quote * 2 + rb")*+(?:" + quote + rb"|\Z)")
    field_or_end = re.compile(quoted.pattern + rb"|\r\n|\n|\r")
    count, rest = 0, b""
    while True:
        piece = stream.read(PIECE)
        text = decoder.decode(piece, not piece).encode("utf-8", "replace") if decoder else piece
        rest = (rest + text.replace(b"\0", b"")).replace(b"\xef\xbb\xbf", b"")
        cut = max(rest.rfind(b"\n"), rest.rfind(b"\r", 0, -1)) + 1 if piece else len(rest)
        whole = rest[:cut]
        is_plain = not quote or quote not in whole or _is_paired(whole, quote, delimiter)
        plain = whole if is_plain else quoted.sub(b"q", whole)
        if piece and whole and not plain.endswith((b"\n", b"\r")):
            # the last quoted field goes on in the next piece: from its record on, everything is looked at again
            cut = max((found.end() for found in field_or_end.finditer(whole) if found[0] in LINE_ENDS), default=0)
            plain = quoted.sub(b"q", whole[:cut])
        count += _line_ends(plain)
        rest = rest[cut:]
        if not piece:
            return count + (1 if plain and not plain.endswith((b"\n", b"\r")) else 0)


def _is_paired(lines: bytes, quote: bytes, delimiter: bytes) -> bool:
    """True if every line has its quotes in pairs and as many open a field as close one: no field spans a line end."""
    bare = lines.translate(None, bytes(set(range(256)) - {10, 13, *quote}))
    if quote in bare.replace(quote * 2, b""):
        return False
    opening = lines.startswith(quote) + sum(lines.count(end + quote) for end in (delimiter, b"\n", b"\r"))
    closing = lines.endswith(quote) + sum(lines.count(quote + end) for end in (delimiter, b"\n", b"\r"))
    return opening == closing


def _line_ends(text: bytes) -> int:
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")


def _rows_of_sheet(data: bytes, sheet: str | None) -> int:
    """The number of the last row of a sheet's XML that holds a value."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        book = archive.read("xl/workbook.xml").decode()
        links = archive.read("xl/_rels/workbook.xml.rels").decode()
        sheets = [
            (_plain(re.search(r'name="([^"]*)"', tag)[1]), re.search(r'r:id="([^"]*)"', tag)[1])  # type: ignore[index]
            for tag in re.findall(r"<(?:\w+:)?sheet [^>]*>", book)
        ]
        wanted = next((link for name, link in sheets if sheet is None or name == sheet), None)
        tag = next(t for t in re.findall(r"<(?:\w+:)?Relationship [^>]*>", links) if f'Id="{wanted}"' in t)
        target = re.search(r'Target="/?(?:xl/)?([^"]*)"', tag)[1]  # type: ignore[index]
        xml = archive.read(f"xl/{target}")
        blank = _blank_strings(archive)
    end = len(xml)
    while (start := max(xml.rfind(b"<row", 0, end), xml.rfind(b":row", 0, end))) >= 0:
        row, end = xml[start:end], start
        if any(_holds_something(cell, blank) for cell in CELL.findall(row)):
            number = re.match(rb'[<:]row [^>]*?\br="(\d+)"', row)
            return int(number[1]) if number else len(ROW.findall(xml[: start + 5]))
    return 0


CELL = re.compile(rb"<(?:\w+:)?c(?=[ >/])([^>]*)>(.*?)</(?:\w+:)?c>", re.S)
ROW = re.compile(rb"<(?:\w+:)?row(?=[ >/])")


def _blank_strings(archive: zipfile.ZipFile) -> set[bytes]:
    """Numbers of the shared strings without a character."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return set()
    items = re.findall(rb"<(?:\w+:)?si(?:/>|>(.*?)</(?:\w+:)?si>)", archive.read("xl/sharedStrings.xml"), re.S)
    return {str(number).encode() for number, item in enumerate(items) if not re.sub(rb"<[^>]*>", b"", item)}


def _holds_something(cell: tuple[bytes, bytes], blank: set[bytes]) -> bool:
    kind, body = cell
    value = re.sub(rb"<(?:\w+:)?f[ >].*?</(?:\w+:)?f>|<[^>]*>", b"", body, flags=re.S)
    return bool(value) and not (b't="s"' in kind and value.strip() in blank)


def _plain(text: str) -> str:
    for name, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(name, character)
    return text


def _rows_of_old_sheet(data: bytes, sheet: str | None) -> int:
    """The number of the last row of a BIFF sheet that holds a value."""
    import xlrd

    book = xlrd.open_workbook(file_contents=data, on_demand=True, logfile=io.StringIO())
    page = book.sheet_by_name(sheet) if sheet else book.sheet_by_index(0)
    empty = (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK)
    for row in range(page.nrows - 1, -1, -1):
        cells = page.row(row)
        if any(cell.ctype not in empty and cell.value != "" for cell in cells):
            return row + 1
    return 0


TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+', re.S)


def _json_records(data: bytes, path: str | None) -> int:
    """Elements of the list of records: tokens are walked with a stack of where they stand."""
    wanted = path.split(".") if path else []
    stack: list[str] = []  # "[" or "{" of each open container
    keys: list[str] = []  # the field that is being read in each open object
    elements, documents, is_list, expect_key = 0, 0, None, False
    for match in TOKEN.finditer(data.removeprefix(b"\xef\xbb\xbf")):
        token = match[0]
        if token in (b"]", b"}"):
            if stack.pop() == "{":
                keys.pop()
            expect_key = False
            continue
        if token == b",":
            expect_key = bool(stack) and stack[-1] == "{"
            continue
        if token == b":":
            expect_key = False
            continue
        if expect_key:
            keys[-1] = json.loads(token)  # a name may be written with escapes
            continue
        # a value begins here
        if not stack:
            documents += 1
            is_list = token == b"[" if is_list is None else is_list
        elif stack[-1] == "[" and stack.count("[") == 1 and keys == wanted and len(stack) == len(wanted) + 1:
            elements += 1
        if token in (b"[", b"{"):
            stack.append(token.decode())
            if token == b"{":
                keys.append("")
                expect_key = True
    if wanted or (is_list and documents == 1):
        return elements
    return documents
