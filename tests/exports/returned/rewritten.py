"""Workbooks as other programs write them: the same cells in another dialect of the format, made by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from xml.sax.saxutils import escape

import openpyxl

PLAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def letters(place: int) -> str:
    out = ""
    while place:
        place, rest = divmod(place - 1, 26)
        out = chr(65 + rest) + out
    return out


def serial(value: date, since: date) -> float:
    """Days as a workbook counts them."""
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    return (moment - datetime(since.year, since.month, since.day)).total_seconds() / 86400


def rewritten(
    data: bytes, prefix: str = "", references: bool = True, since_1904: bool = False, styled: bool = True,
    shared: bool = False,
) -> bytes:  # fmt: skip
    """The first sheet of a workbook written anew, as spreadsheet programs other than Excel do.

    `prefix`: of every tag; `references`: cells say where they stand; `since_1904`: days are counted from 1904;
    `styled`: days carry a date format, else they are bare numbers; `shared`: texts stand in the table of shared
    strings, cut into runs with phonetic hints, else in the cells.
    """
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    tag = f"{prefix}:" if prefix else ""
    since = date(1904, 1, 1) if since_1904 else date(1899, 12, 30)
    strings: list[str] = []

    def cell(row: int, place: int, value: object) -> str:
        at = f' r="{letters(place)}{row}"' if references else ""
        style = ' s="1"' if styled and isinstance(value, date) else ""
        if value is None:
            return "" if references else f"<{tag}c/>"
        if isinstance(value, date):
            number = serial(value, since)
            return f"<{tag}c{at}{style}><{tag}v>{number:.10g}</{tag}v></{tag}c>"
        if isinstance(value, int | float):
            return f"<{tag}c{at}><{tag}v>{value}</{tag}v></{tag}c>"
        if shared:
            strings.append(str(value))
            return f'<{tag}c{at} t="s"><{tag}v>{len(strings) - 1}</{tag}v></{tag}c>'
        text = escape(str(value))
        return f'<{tag}c{at} t="inlineStr"><{tag}is><{tag}t xml:space="preserve">{text}</{tag}t></{tag}is></{tag}c>'

    rows = "".join(
        f'<{tag}row r="{number}">'
        + "".join(cell(number, place, value) for place, value in enumerate(values, start=1))
        + f"</{tag}row>"
        for number, values in enumerate(sheet.iter_rows(values_only=True), start=1)
    )
    name = f' xmlns:{prefix}="{PLAIN}"' if prefix else f' xmlns="{PLAIN}"'
    calendar = f'<{tag}workbookPr date1904="1"/>' if since_1904 else ""
    texts = "".join(
        f"<{tag}si><{tag}r><{tag}t>{escape(text[:1])}</{tag}t></{tag}r><{tag}r><{tag}t>{escape(text[1:])}</{tag}t></{tag}r>"
        f'<{tag}rPh sb="0" eb="1"><{tag}t>x</{tag}t></{tag}rPh></{tag}si>'
        for text in strings
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType='
        f'"application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/page.xml" ContentType="{kind}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{LINKS}/officeDocument" Target="/xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<{tag}workbook{name} xmlns:r="{LINKS}">{calendar}<{tag}sheets>'
        f'<{tag}sheet name="{escape(sheet.title)}" sheetId="7" r:id="rId9"/></{tag}sheets></{tag}workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Target="/xl/worksheets/page.xml" Type="{LINKS}/worksheet" Id="rId9"/>'
        f'<Relationship Target="styles.xml" Type="{LINKS}/styles" Id="rId2"/>'
        f'<Relationship Target="sharedStrings.xml" Type="{LINKS}/sharedStrings" Id="rId3"/></Relationships>',
        "xl/worksheets/page.xml": f"<{tag}worksheet{name}><{tag}sheetData>{rows}</{tag}sheetData></{tag}worksheet>",
        "xl/styles.xml": f'<{tag}styleSheet{name}><{tag}cellXfs count="2"><{tag}xf numFmtId="0"/>'
        f'<{tag}xf numFmtId="14" applyNumberFormat="1"/></{tag}cellXfs></{tag}styleSheet>',
    }
    if shared:
        parts["xl/sharedStrings.xml"] = f"<{tag}sst{name}>{texts}</{tag}sst>"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in parts.items():
            archive.writestr(path, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}')
    return out.getvalue()


DIALECTS: dict[str, Callable[[bytes], bytes]] = {
    "texts_in_cells": rewritten,
    "no_cell_says_where_it_stands": lambda data: rewritten(data, references=False),
    "tags_with_a_prefix": lambda data: rewritten(data, prefix="x"),
    "days_without_a_format": lambda data: rewritten(data, styled=False),
    "days_counted_from_1904": lambda data: rewritten(data, since_1904=True),
    "texts_cut_into_runs": lambda data: rewritten(data, shared=True),
}
