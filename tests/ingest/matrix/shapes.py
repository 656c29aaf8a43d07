"""Shapes: how the same lines are packed into bytes."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import xlwt

Sheet = list[list[Any]]
"""Records from the first line on: titles, header, data. Cells are text unless a defect puts something else there."""


@dataclass(frozen=True)
class Shape:
    """One way to pack a sheet. `read` is the spec's `read:` option."""

    name: str
    suffix: str
    read: str
    pack: Callable[[Sheet], bytes]
    is_text: bool = False
    is_packed: bool = False
    has_cells: bool = False
    """Cells carry types of their own (numbers, dates)."""
    has_lines: bool = True
    """False: fields are named in every record (JSON) or by the database (table): there is no header line."""
    line_end: str = "\r\n"
    delimiter: str = ","


def _text(sheet: Sheet, delimiter: str = ",", line_end: str = "\r\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=line_end).writerows(sheet)
    return out.getvalue()


def _zip(sheet: Sheet) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("清单.csv", _text(sheet).encode("utf-8-sig"))
    return out.getvalue()


def _xlsx(sheet: Sheet) -> bytes:
    book = openpyxl.Workbook()
    for row in sheet:
        book.active.append([None if cell == "" else cell for cell in row])
    for row in book.active.iter_rows():
        for cell in row:
            if cell.data_type == "f":
                cell.data_type = "s"  # text that begins with =, not a formula
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _xls(sheet: Sheet) -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet("Sheet1")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for y, row in enumerate(sheet):
        for x, cell in enumerate(row):
            if cell != "":
                page.write(y, x, cell, day) if isinstance(cell, date) else page.write(y, x, cell)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _records(sheet: Sheet) -> list[dict[str, Any]]:
    header, *lines = sheet
    return [dict(zip(header, line, strict=True)) for line in lines]


def _json(sheet: Sheet) -> bytes:
    return json.dumps({"data": {"list": _records(sheet)}}, ensure_ascii=False, default=str).encode()


def _json_lines(sheet: Sheet) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False, default=str) + "\n" for record in _records(sheet)).encode()


def _table(sheet: Sheet) -> bytes:
    header, *lines = sheet
    columns = list(zip(*lines, strict=True)) if lines else [()] * len(header)
    texts = [[None if cell == "" else str(cell) for cell in column] for column in columns]
    out = io.BytesIO()
    pq.write_table(pa.table({name: pa.array(text, pa.string()) for name, text in zip(header, texts, strict=True)}), out)
    return out.getvalue()


SHAPES = (
    Shape("csv_utf8_bom", "csv", "{}", lambda s: _text(s).encode("utf-8-sig"), is_text=True),
    Shape("csv_gb18030_cr", "csv", "{}", lambda s: _text(s, line_end="\r").encode("gb18030"), is_text=True, line_end="\r"),
    Shape("txt_utf16_tab", "txt", '{delimiter: "\\t", encodings: [utf-8-sig, utf-16, gb18030]}',
          lambda s: _text(s, "\t", "\n").encode("utf-16"), is_text=True, line_end="\n", delimiter="\t"),
    Shape("bars_gz", "txt.gz", '{delimiter: "|"}',
          lambda s: gzip.compress(_text(s, "|").encode(), mtime=0), is_packed=True, delimiter="|"),
    Shape("csv_in_zip", "zip", "{}", _zip, is_packed=True),
    Shape("xlsx", "xlsx", "{format: xlsx}", _xlsx, has_cells=True),
    Shape("xls", "xls", "{format: xlsx}", _xls, has_cells=True),
    Shape("json", "json", "{format: json, records: data.list}", _json, has_cells=True, has_lines=False),
    Shape("json_lines", "jsonl", "{format: json}", _json_lines, has_cells=True, has_lines=False),
    Shape("table", "parquet", "{format: table}", _table, has_lines=False),
)  # fmt: skip
