"""A sheet to read and not to fill in: header, rows, A4 landscape, recipient, 内部资料 and the day it is valid until."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from exports.cells import FONT, GRID, HEADER, LINE_HEIGHT, TINT, lines_needed, page_line, write_cell
from exports.wording import Night, Record

MOST_LINES = 5
NUMBER_FORMAT = {
    "date": "yyyy-mm-dd", "time": "mm-dd hh:mm", "money": "#,##0.00", "rate": "0.0%", "number": "0",
    "decimal": "#,##0.0",
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A column: the record's key, the key of its header in the label table, width in characters, how it is shown.

    kind: text, wrapped, date, time, money, rate, number, decimal, yes (a mark if true). codes: the value is a code, or several
    joined by ;, worded as <codes>.<code>.
    """

    name: str
    label: str
    width: float
    kind: str = "text"
    codes: str = ""


def add_table(
    book: Any, name: str, fields: Sequence[Field], rows: Sequence[Record], person: Record, night: Night
) -> None:
    """Add the sheet `name` (a key of the label table); rows with an urgency have its colour.

    person: store_name, staff_name, staff_id, list_for_on.
    """
    sheet = book.add_worksheet(night.say(name))
    header = book.add_format(HEADER)
    kinds = sorted({field.kind for field in fields})
    tints = dict.fromkeys(TINT.get(row.get("urgency"), "") for row in rows)
    styles = {(kind, tint): book.add_format(_style(kind, tint)) for tint in tints for kind in kinds}
    for position, field in enumerate(fields):
        sheet.set_column(position, position, field.width)
        sheet.write_string(0, position, night.say(field.label), header)
    sheet.set_row(0, 32)
    for number, row in enumerate(rows, start=1):
        lines, tint = 1, TINT.get(row.get("urgency"), "")
        for position, field in enumerate(fields):
            value = _shown(row.get(field.name), field, night)
            if isinstance(value, str) and field.kind == "wrapped":
                lines = max(lines, lines_needed(value, field.width - 2))
            write_cell(sheet, number, position, value, styles[field.kind, tint])
        sheet.set_row(number, LINE_HEIGHT * min(lines, MOST_LINES) + 5)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(fields) - 1)
    set_up_page(sheet, len(rows), len(fields), night.say(name), person, night)


def set_up_page(sheet: Any, rows: int, columns: int, title: str, person: Record, night: Night) -> None:
    """A4 landscape, one page wide; above and below what a page of a list says wherever it lies, less where it hangs on a wall."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.7)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.print_area(0, 0, rows, columns - 1)
    sheet.hide_gridlines(2)
    who, internal = (
        f"{person['store_name']} {person['staff_name']} ({person['staff_id']})",
        night.say("call_list.internal"),
    )
    if person.get("is_on_wall"):
        who, internal = person["store_name"], ""
    sheet.set_header(page_line(who, f"{title} {person['list_for_on']}", internal))
    warning = ""
    old = night.old_sources()
    if old:
        sheet.set_tab_color("#D9822B")
        names = sorted({f"{source['source']} {source['last_good_business_date'] or '–'}" for source in old})
        warning = night.say("call_list.old_sources", sources=", ".join(names[:2]) + (" …" if len(names) > 2 else ""))
    valid = day_of_list("valid_until", person, night)
    sheet.set_footer(page_line(valid, warning) + "&R&P / &N")


def day_of_list(key: str, person: Record, night: Night) -> str:
    """The words `dates` or `valid_until` of a list; on a call list with the hours in which its store may call (DOMAIN §6)."""
    words = f"call_list.{key}" if "call_from_hour" in person else f"lists.{key}"
    hours = {"from_hour": person.get("call_from_hour"), "until_hour": person.get("call_until_hour")}
    return night.say(words, as_of=night.as_of, day=person["list_for_on"], **hours)


def _style(kind: str, tint: str) -> Record:
    is_text = kind in ("text", "wrapped")
    return {
        "font_name": FONT, "font_size": 10, "valign": "vcenter", "border": 1, "border_color": GRID,
        "num_format": NUMBER_FORMAT.get(kind, "@"), "text_wrap": kind == "wrapped",
        "align": "left" if is_text else "center", "indent": int(is_text), **({"bg_color": tint} if tint else {}),
    }  # fmt: skip


def _shown(value: Any, field: Field, night: Night) -> str | date | int | Decimal | None:
    if value is None or isinstance(value, (date, Decimal)):
        return value
    if field.kind == "yes":
        return night.say("call_list.yes") if value else None
    if field.codes:
        words = [night.labels.get(f"{field.codes}.{code}", code) for code in str(value).split(";")]
        return ("、" if night.language == "zh" else ", ").join(words)
    return value
