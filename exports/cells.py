"""Cells stay what they are: no text becomes a formula, a link or a number in whatever program opens the file.

In a workbook a text is a string cell, written by write_string only. A CSV has no types: a text that begins like a formula
gets an apostrophe, which spreadsheets show as text.
"""

from __future__ import annotations

import io
import re
from datetime import date, datetime, time
from typing import Any

import xlsxwriter

from exports.shelf import quoted

FONT = "Microsoft YaHei"
GRID = "#C9CFD6"
HEADER_INK, HEADER_FILL = "#FFFFFF", "#1F3A5F"
HEADER = {
    "bold": True, "font_color": HEADER_INK, "bg_color": HEADER_FILL, "font_name": FONT, "font_size": 10,
    "text_wrap": True, "align": "center", "valign": "vcenter", "border": 1, "border_color": GRID,
}  # fmt: skip
TINT = {"overdue": "#FBE3E0", "last_10_days": "#FFF1DB", "promised": "#E3EFFA", "normal": "#FFFFFF"}
"""Colour of a row by its urgency."""
LEGEND = {urgency: tint for urgency, tint in TINT.items() if urgency != "normal"}
LINE_HEIGHT = 15.0
"""Points of one line of text."""
WIDE = "".join(chr(ord(sign) + 0xFEE0) for sign in "=+@-")
BEGINS_A_FORMULA = rf"^[=+@\t\r\n{WIDE}\-]"
"""What Excel, WPS or LibreOffice may take for a formula at the start of a field of a CSV; the wide forms included."""


def new_workbook(title: str, as_of: date) -> tuple[xlsxwriter.Workbook, io.BytesIO]:
    """An empty workbook and the buffer that has its bytes once it is closed; equal contents give equal bytes."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    })  # fmt: skip
    book.set_properties({"title": title, "author": "Xubao", "created": datetime.combine(as_of, time())})
    book.formats[0].set_font_name(FONT)
    book.formats[0].set_font_size(10)
    return book, buffer


def write_cell(sheet: Any, row: int, column: int, value: object, style: Any) -> None:
    """Write a value as what it is: a text as a text, a date as a date, nothing as a blank cell."""
    if value is None or value == "":
        sheet.write_blank(row, column, None, style)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, style)
    elif isinstance(value, str):
        sheet.write_string(row, column, value, style)
    else:
        sheet.write_number(row, column, value, style)


def csv_text(text: str) -> str:
    """A text as a field of a CSV shows it."""
    return f"'{text}" if re.match(BEGINS_A_FORMULA, text) else text


def csv_column(name: str, data_type: str) -> str:
    """The SQL expression for a column of a CSV; data_type as DuckDB names it. The same rule as csv_text."""
    column = quoted(name)
    if data_type != "VARCHAR":
        return column
    return f"if(regexp_matches({column}, '{BEGINS_A_FORMULA}'), '''' || {column}, {column}) as {column}"


def lines_needed(text: str, width: float) -> int:
    """Lines a wrapped text takes in a column; a Chinese character is two wide, as it is two bytes long in GBK."""
    return sum(max(1, -(-len(line.encode("gbk", "replace")) // max(1, int(width)))) for line in text.split("\n"))


def page_line(left: str, centre: str, right: str = "") -> str:
    """A header or footer; an ampersand in a text is doubled, and the whole stays within Excel's 255 characters."""
    parts = [text[:70].replace("&", "&&") for text in (left, centre, right)]
    return "".join(code + text for code, text in zip(("&L", "&C", "&R"), parts, strict=True) if text)
