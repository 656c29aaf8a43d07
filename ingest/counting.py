"""An independent count of a file's records: shares no code with the reader, so that neither can hide a loss."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from pathlib import Path

import pyarrow.parquet as pq

from ingest.spec import Extract


def count_records(path: Path, extract: Extract) -> int:
    """Number of records in a landed file, counted from its bytes (rows of the sheet, for a workbook)."""
    if extract.read.format == "table":
        return pq.ParquetFile(path).metadata.num_rows
    if extract.read.format == "xlsx":
        return _last_row_of_sheet(path, extract.read.sheet)
    data = path.read_bytes()
    return _count_lines(gzip.decompress(data) if path.suffix == ".gz" else data, extract)


def _count_lines(data: bytes, extract: Extract) -> int:
    """Line ends outside quotes: fields with quotes are cut out first, then line ends are counted."""
    for encoding in ("utf-16",):
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            data = data.decode(encoding).encode()
    quote, delimiter = re.escape(extract.read.quote.encode()), re.escape(extract.read.delimiter.encode())
    if extract.read.quote.encode() in data:
        quoted = (
            rb"(?:(?<=[\r\n])|(?<="
            + delimiter
            + rb")|\A)"
            + quote
            + rb"(?:[^"
            + quote
            + rb"]|"
            + quote * 2
            + rb")*"
            + quote
        )
        data = re.sub(quoted, b"q", data)
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return lines.count(b"\n") + (0 if lines.endswith(b"\n") or not lines else 1)


def _last_row_of_sheet(path: Path, sheet: str | None) -> int:
    """The number of the last row of a sheet's XML that holds a value."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        book = archive.read("xl/workbook.xml").decode()
        links = archive.read("xl/_rels/workbook.xml.rels").decode()
        sheets = [
            (re.search(r'name="([^"]*)"', tag)[1], re.search(r'r:id="([^"]*)"', tag)[1])  # type: ignore[index]
            for tag in re.findall(r"<sheet [^>]*>", book)
        ]
        wanted = next((link for name, link in sheets if sheet is None or name == sheet), None)
        tag = next(t for t in re.findall(r"<Relationship [^>]*>", links) if f'Id="{wanted}"' in t)
        target = re.search(r'Target="/?(?:xl/)?([^"]*)"', tag)[1]  # type: ignore[index]
        xml = archive.read(f"xl/{target}")
    last_value = max(xml.rfind(mark) for mark in (b"<v>", b"<v ", b"<is>"))
    rows = re.findall(rb'<row [^>]*?r="(\d+)"', xml[: max(last_value, 0)])  # what follows is formatted and empty
    return int(rows[-1]) if rows else 0
