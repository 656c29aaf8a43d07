"""One workbook per person and day: whom to call, why, and cells for what came of it (DOMAIN §6).

Row 1 is the header and data start in row 2, so that the filled-in file can be read back like any other source.
Filtering works on the protected sheet. Excel refuses to sort rows that hold locked cells; the protection has no
password, and the filter's range includes the ids, so that whoever lifts it and sorts keeps every row whole.
Print shows the first 14 columns (up to 出险次数); 上次进店, 话术 and the cells to fill in stay on the screen.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from exports.cells import FONT, GRID, HEADER, LEGEND, LINE_HEIGHT, TINT, lines_needed, new_workbook, write_cell
from exports.own_sheets import add_handed_over, add_month, add_promised
from exports.shelf import open_read_only
from exports.source_sheet import write_source_sheet
from exports.table_sheet import set_up_page
from exports.wording import Night, Record, records

PRINTED_COLUMNS = 14
INK = {"overdue": "#B3261E", "last_10_days": "#B25E00", "promised": "#1B5FA8", "normal": "#222222"}
FILL_IN_HEADER = "#8A6D1B"
FILL_IN_TINT = "#FFFBEA"
MOST_LINES = 4


@dataclass(frozen=True)
class Column:
    """A column of the list: label key call_list.<name>, width in characters, how it is shown."""

    name: str
    width: float
    kind: str = "text"  # text, wrapped, centred, date, number, money, rate, percent
    is_strong: bool = False  # bold in the ink of the row's urgency


SHOWN = (
    Column("sequence_number", 5, "number"),
    Column("today_action", 12, "wrapped", is_strong=True),
    Column("call_reason", 38, "wrapped"),
    Column("customer_name", 10, "wrapped"),
    Column("phone", 13, "centred", is_strong=True),
    Column("plate_number", 10.5, "centred"),
    Column("vehicle", 17, "wrapped"),
    Column("commercial_expires_on", 11.5, "date"),
    Column("compulsory_expires_on", 11.5, "date"),
    Column("days_left", 8, "number", is_strong=True),
    Column("last_contact", 18, "wrapped"),
    Column("last_year", 30, "wrapped"),
    Column("quote", 13, "wrapped"),
    Column("claims_last_year", 8, "number"),
    Column("last_visit_on", 11.5, "date"),
    Column("script", 60, "wrapped"),
)
OFFERED = (
    Column("offer_rate", 9, "percent"),
    Column("offer_authority", 11, "centred"),
    Column("offer_ceiling_rate", 9, "percent"),
    Column("offer_package", 13, "wrapped"),
    Column("offer_left", 18, "wrapped"),
)
"""Shown after the script, only if the store has switched benefits_on_staff_lists on (DOMAIN §5)."""
FILLED_IN = (
    Column("result", 15),
    Column("loss_reason", 20),
    Column("next_contact", 12, "date"),
    Column("quoted_by_caller", 12, "money"),
    Column("competitor", 16),
    Column("competitor_amount", 12, "money"),
    Column("concession_rate", 11, "rate"),
    Column("approver", 10),
    Column("gift_package", 10),
    Column("customer_complaint", 20),
    Column("known_expires_on", 12, "date"),
    Column("known_insurer", 14),
    Column("new_phone", 14),
    Column("no_more_calls", 14),
    Column("script_problem", 18),
    Column("note", 24),
)
BENEFITS = (
    "concession_rate",
    "approver",
    "gift_package",
)  # absent unless benefits_on_staff_lists (DOMAIN §5)
IDS = ("list_id", "row_id")
NUMBER_FORMAT = {"date": "yyyy-mm-dd", "money": "#,##0.00", "rate": "0.0##", "percent": "0.0%", "number": "0"}


def call_lists(published: Path) -> Iterator[tuple[Record, list[Record]]]:
    """Per person who gets a list today (also an empty one): the recipient and its rows in order."""
    with open_read_only(published / "restricted.duckdb") as connection:
        people = records(
            connection, "select * from restricted.call_list_recipient order by staff_id, store_id, list_id"
        )
        rows = records(connection, "select * from restricted.call_list order by list_id, sequence_number, row_id")
    of_list: dict[str, list[Record]] = {}
    for row in rows:
        of_list.setdefault(row["list_id"], []).append(row)
    for person in people:
        yield person, of_list.get(person["list_id"], [])


def file_name(person: Record, as_of: date) -> str:
    """The name under which a list is sent and comes back."""
    return f"call_list_{person['store_id']}_{person['staff_id']}_{as_of:%Y%m%d}.xlsx"


def call_list_workbook(
    person: Record,
    rows: list[Record],
    night: Night,
    note: str = "",
    month: Record | None = None,
    handed_over: Sequence[Record] = (),
) -> bytes:
    """The bytes of one person's workbook; equal bytes for equal arguments.

    note: what a new revision changed. month: the person's row of restricted.kpi_staff_bonus_monthly of this month.
    handed_over: the person's rows of restricted.handed_over_list.
    Only the first sheet is filled in and read back; no other carries a header that a returned list is known by.
    """
    shown = shown_columns(person)
    columns = [*shown, *fill_in_columns(person)]
    book, buffer = new_workbook(f"{night.say('sheet.call_list')} {person['list_for_on']}", night.as_of)
    sheet = book.add_worksheet(night.say("sheet.call_list"))
    _write_header(book, sheet, columns, len(shown), night)
    _write_rows(book, sheet, rows, shown, night)
    _write_ids(book, sheet, len(columns), rows)
    if rows:
        _let_fill_in(book, sheet, columns, len(shown), len(rows), person, night)
    _set_up_page(sheet, len(columns), len(rows), person, night)
    add_promised(book, person, rows, night)
    add_handed_over(book, person, handed_over, night)
    add_month(book, person, month, night)
    order = "estimated" if any(row["uplift_is_estimated"] for row in rows) else "measured"
    remarks = [
        note,
        night.say(f"call_list.order_{order}"),
        night.say("call_list.how_to"),
        night.say("call_list.confidential"),
    ]
    write_source_sheet(book, person, night, remarks, LEGEND)
    _write_choices(book, night)
    book.close()
    return buffer.getvalue()


def shown_columns(person: Record) -> tuple[Column, ...]:
    """The columns a list shows; what may be offered only if the store has switched it on."""
    return (*SHOWN, *OFFERED) if person.get("benefits_on_staff_lists") else SHOWN


def fill_in_columns(person: Record) -> list[Column]:
    """The columns the caller fills in; those about benefits only if the store has switched them on."""
    with_benefits = bool(person.get("benefits_on_staff_lists"))
    return [column for column in FILLED_IN if with_benefits or column.name not in BENEFITS]


def _write_header(book: Any, sheet: Any, columns: list[Column], first: int, night: Night) -> None:
    shown = book.add_format(HEADER)
    filled_in = book.add_format({**HEADER, "bg_color": FILL_IN_HEADER})
    plain = book.add_format({"font_name": FONT, "font_size": 10})
    open_cell = {
        kind: book.add_format({
            "locked": False, "num_format": NUMBER_FORMAT.get(kind, "@"), "valign": "vcenter", "text_wrap": True,
            "font_name": FONT, "font_size": 10,
        })
        for kind in ("text", "date", "money", "rate")
    }  # fmt: skip
    for position, column in enumerate(columns):
        is_shown = position < first
        sheet.set_column(position, position, column.width, plain if is_shown else open_cell[column.kind])
        sheet.write_string(0, position, night.say(f"call_list.{column.name}"), shown if is_shown else filled_in)
    sheet.set_row(0, 32)


def _write_rows(book: Any, sheet: Any, rows: list[Record], shown: tuple[Column, ...], night: Night) -> None:
    formats: dict[tuple[str, str | bool, str], Any] = {}
    finish = _finishers(night)
    for number, row in enumerate(rows, start=1):
        urgency = row["urgency"] if row["urgency"] in TINT else "normal"
        lines = 2
        for position, column in enumerate(shown):
            key = (column.kind, column.is_strong and column.name, urgency)
            if key not in formats:
                formats[key] = book.add_format(_style(column, urgency))
            value = finish[column.name](row)
            write_cell(sheet, number, position, value, formats[key])
            if isinstance(value, str) and column.kind == "wrapped" and column.name != "script":
                lines = max(lines, lines_needed(value, column.width - 2))
        sheet.set_row(number, LINE_HEIGHT * min(lines, MOST_LINES) + 4)


def _style(column: Column, urgency: str) -> Record:
    style: Record = {
        "font_name": FONT, "font_size": 10, "valign": "vcenter", "border": 1, "border_color": GRID,
        "bg_color": TINT[urgency], "num_format": NUMBER_FORMAT.get(column.kind, "@"),
        "text_wrap": column.kind == "wrapped",
        "align": "left" if column.kind in ("wrapped", "text") else "center",
    }  # fmt: skip
    if column.kind == "wrapped":
        style["indent"] = 1
    if column.is_strong:
        style |= {"bold": True, "font_color": INK["normal" if column.name == "phone" else urgency]}
    return style


def _finishers(night: Night) -> dict[str, Callable[[Record], Any]]:
    """How the cell of each column is made from a row of restricted.call_list."""
    english = "_en" if night.language == "en" else ""
    finish: dict[str, Callable[[Record], Any]] = {
        column.name: operator.itemgetter(column.name) for column in (*SHOWN, *OFFERED)
    }

    def vehicle(row: Record) -> str:
        age = row["vehicle_age_years"]
        years = "" if age is None else night.say("call_list.years", years=age)
        return "\n".join(part for part in (row["model"], years) if part)

    def last_contact(row: Record) -> str:
        on, again = row["last_result_on"], row["next_contact_on"]
        last = " ".join(part for part in (f"{on:%m-%d}" if on else "", row["last_result"]) if part)
        promise = night.say("call_list.promised", day=f"{again:%m-%d}") if again else ""
        return "\n".join(part for part in (last, promise) if part)

    def last_year(row: Record) -> str:
        premium = row["last_year_premium_amount"]
        paid = " / ".join(part for part in (row["last_year_insurer"], premium and f"{premium:,.2f}") if part)
        return "\n".join(part for part in (paid, row["last_year_covers"]) if part)

    def quote(row: Record) -> str:
        if row["quoted_amount"] is None:
            return night.say("call_list.unquoted")
        change = row["quote_change_rate"]
        percent = "" if change is None else f"\n{'▲' if change > 0 else '▼' if change < 0 else '='} {_percent(change)}"
        return f"{row['quoted_amount']:,.2f}{percent}"

    def offer_left(row: Record) -> str:
        uses, services = row["offer_voucher_uses_left"], row["offer_service_uses_left"]
        amount = f"{row['offer_voucher_amount_left']:,.2f}" if uses else ""
        voucher = night.say("call_list.voucher_left", uses=uses, amount=amount) if uses else ""
        return "\n".join(
            part for part in (voucher, services and night.say("call_list.service_left", uses=services)) if part
        )

    def authority(row: Record) -> str | None:
        code = row["offer_authority"]
        return night.labels.get(f"authority.{code}", code)

    finish |= {"offer_left": offer_left, "offer_authority": authority}
    finish |= {"vehicle": vehicle, "last_contact": last_contact, "last_year": last_year, "quote": quote}

    def worded(row: Record, name: str) -> str | None:
        return row.get(name + english) or row[name]

    def today_action(row: Record) -> str:
        """What to do and in which step; the recall is both (DOMAIN §6)."""
        return "\n".join(dict.fromkeys(filter(None, (worded(row, "today_action"), worded(row, "step_name")))))

    finish["today_action"] = today_action
    for name in ("call_reason", "script"):
        finish[name] = lambda row, name=name: worded(row, name)
    for name in ("claims_last_year", "days_left", "sequence_number"):
        finish[name] = lambda row, name=name: None if row[name] is None else int(row[name])
    return finish


def _percent(rate: Any) -> str:
    return f"{abs(Decimal(str(rate))) * 100:.1f}%"


def _write_ids(book: Any, sheet: Any, first: int, rows: list[Record]) -> None:
    locked = book.add_format({"locked": True, "hidden": True, "num_format": "@"})
    sheet.set_column(first, first + len(IDS) - 1, 12, locked, {"hidden": True})
    for offset, name in enumerate(IDS):
        sheet.write_string(0, first + offset, name, locked)
        for number, row in enumerate(rows, start=1):
            sheet.write_string(number, first + offset, str(row[name]), locked)


def _let_fill_in(
    book: Any, sheet: Any, columns: list[Column], first: int, rows: int, person: Record, night: Night
) -> None:
    """Tint the cells to fill in and say what each of them takes."""
    tint = book.add_format({"bg_color": FILL_IN_TINT, "border": 1, "border_color": GRID})
    sheet.conditional_format(1, first, rows, len(columns) - 1, {"type": "no_errors", "format": tint})
    choice = {
        "error_title": night.say("call_list.choose_title"),
        "error_message": night.say("call_list.choose"),
    }
    amount = {
        "validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1_000_000,
        "error_title": night.say("call_list.amount_title"), "error_message": night.say("call_list.amount"),
    }  # fmt: skip
    day = {
        "validate": "date", "criteria": "between", "minimum": date(2000, 1, 1), "maximum": date(2099, 12, 31),
        "error_title": night.say("call_list.day_title"), "error_message": night.say("call_list.day"),
    }  # fmt: skip
    rules = {
        "result": {"validate": "list", "source": _choices("A", night.dropdowns.get("result", [])), **choice},
        "loss_reason": {"validate": "list", "source": _choices("B", night.dropdowns.get("loss_reason", [])), **choice},
        "no_more_calls": {"validate": "list", "source": [night.say("call_list.yes")], **choice},
        "next_contact": {
            **day, "minimum": person["list_for_on"],
            "input_title": night.say("call_list.day_title"), "input_message": night.say("call_list.day"),
        },
        "known_expires_on": day,
        "quoted_by_caller": amount,
        "competitor_amount": amount,
        "concession_rate": {
            **amount, "maximum": 100,
            "input_title": night.say("call_list.rate_title"), "input_message": night.say("call_list.rate"),
        },
    }  # fmt: skip
    for position, column in enumerate(columns[first:], start=first):
        if column.name in rules:
            sheet.data_validation(1, position, rows, position, rules[column.name])


def _choices(letter: str, texts: list[str]) -> str:
    return f"=choices!${letter}$1:${letter}${max(1, len(texts))}"


def _write_choices(book: Any, night: Night) -> None:
    sheet = book.add_worksheet("choices")
    for position, name in enumerate(("result", "loss_reason")):
        for number, text in enumerate(night.dropdowns.get(name, [])):
            sheet.write_string(number, position, text)
    sheet.protect()
    sheet.very_hidden()


def _set_up_page(sheet: Any, columns: int, rows: int, person: Record, night: Night) -> None:
    sheet.freeze_panes(1, 5)  # number, action, reason, name and phone stay in sight
    sheet.autofilter(0, 0, rows, columns + len(IDS) - 1)
    sheet.protect("", {
        "autofilter": True, "sort": True, "format_columns": True, "format_rows": True,
        "select_locked_cells": True, "select_unlocked_cells": True,
    })  # fmt: skip
    set_up_page(sheet, rows, PRINTED_COLUMNS, night.say("sheet.call_list"), person, night)
    sheet.set_zoom(100)
