"""Sheets of a call list to read: whom to call back as promised, what came from a colleague, the person's month so far.

Their headers are others than those of the list itself, so that a returned workbook is read by its first sheet only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from exports.cells import FONT, GRID, HEADER, write_cell
from exports.shelf import open_read_only
from exports.table_sheet import NUMBER_FORMAT, Field, add_table, set_up_page
from exports.wording import Night, Record, records

PROMISED = (
    Field("next_contact_on", "promised.promised_on", 13, "date"),
    Field("sequence_number", "promised.sequence_number", 10, "number"),
    Field("customer_name", "promised.customer_name", 14, "wrapped"),
    Field("phone", "promised.phone", 15),
    Field("plate_number", "promised.plate_number", 12),
    Field("model", "promised.model", 22, "wrapped"),
    Field("days_left", "promised.days_left", 12, "number"),
    Field("last_result", "promised.last_result", 18, "wrapped"),
    Field("quoted_amount", "promised.quoted_amount", 13, "money"),
)
HANDED_OVER = (
    Field("handed_over_on", "handed_over.handed_over_on", 12, "date"),
    Field("from_staff", "handed_over.from_staff", 14, "wrapped"),
    Field("handed_over_for", "handed_over.handed_over_for", 20, "wrapped", codes="handed_over"),
    Field("step", "handed_over.step", 10, codes="step"),
    Field("sequence_number", "handed_over.sequence_number", 10, "number"),
    Field("reason", "handed_over.reason", 22, "wrapped", codes="suppressed"),
    Field("customer_name", "handed_over.customer_name", 13, "wrapped"),
    Field("plate_number", "handed_over.plate_number", 12),
    Field("model", "handed_over.model", 20, "wrapped"),
    Field("days_left", "handed_over.days_left", 11, "number"),
    Field("last_result", "handed_over.last_result", 16, "wrapped", codes="result"),
    Field("last_result_on", "handed_over.last_result_on", 12, "date"),
)
MONTH = (
    ("month", "month"),
    ("status", "text"),
    ("renewable_vehicles", "number"),
    ("renewed_vehicles", "number"),
    ("attainment_rate", "rate"),
    ("full_cover_vehicles", "number"),
    ("full_coverage_rate", "rate"),
    ("bonus_amount", "money"),
    ("next_full_cover_value", "money"),
)


def months_so_far(published: Path, as_of: date) -> dict[tuple[str, str], Record]:
    """(store_id, staff_id) -> that person's row of the month of as_of; whoever has none is absent.

    Of two roles in one month the specialist's counts, whose list it is.
    """
    with open_read_only(published / "restricted.duckdb") as connection:
        rows = records(
            connection,
            "select * from restricted.kpi_staff_bonus_monthly where month = ? "
            "order by store_id, staff_id, role <> 'renewal_specialist' desc, role",
            [as_of.replace(day=1)],
        )
    return {(row["store_id"], row["staff_id"]): row for row in rows}


def add_promised(book: Any, person: Record, rows: list[Record], night: Night) -> None:
    """Add the rows of the list whose customer agreed on a day, the earliest first."""
    promised = [row for row in rows if row["next_contact_on"] is not None]
    promised.sort(key=lambda row: (row["next_contact_on"], row["sequence_number"]))
    add_table(book, "sheet.promised", PROMISED, promised, person, night)


def handed_over(published: Path) -> dict[tuple[str, str], list[Record]]:
    """(store_id, staff_id) -> the vehicles that came to that person in the last days, the newest first."""
    with open_read_only(published / "restricted.duckdb") as connection:
        rows = records(
            connection,
            "select *, concat_ws(' ', from_staff_name, from_staff_id) as from_staff from restricted.handed_over_list "
            "order by handed_over_on desc, sequence_number nulls last, days_left, vehicle_key, expiry_month",
        )
    found: dict[tuple[str, str], list[Record]] = {}
    for row in rows:
        found.setdefault((row["store_id"], row["staff_id"]), []).append(row)
    return found


def add_handed_over(book: Any, person: Record, rows: Sequence[Record], night: Night) -> None:
    """Add what came to the person from a colleague: from whom, why, since when; no phone, that is on the list."""
    add_table(book, "sheet.handed_over", HANDED_OVER, rows, person, night)


def add_month(book: Any, person: Record, month: Record | None, night: Night) -> None:
    """Add the person's own figures of this month (DOMAIN §4: of the next vehicle the full-cover value only)."""
    if month is None:
        return
    sheet = book.add_worksheet(night.say("sheet.my_month"))
    cell = {"font_name": FONT, "font_size": 11, "border": 1, "border_color": GRID, "valign": "vcenter"}
    name = book.add_format({**cell, "indent": 1, "bg_color": "#F3F6FA"})
    formats = {**NUMBER_FORMAT, "month": "yyyy-mm", "text": "@"}
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 18)
    title = f"{person['staff_name']} ({person['staff_id']})"
    sheet.merge_range(0, 0, 0, 1, "", book.add_format(HEADER))
    sheet.write_string(0, 0, title, book.add_format(HEADER))
    sheet.set_row(0, 26)
    for line, (column, kind) in enumerate(MONTH, start=1):
        value = month[column]
        sheet.set_row(line, 22)
        sheet.write_string(line, 0, night.say(f"my_month.{column}"), name)
        if column == "status":
            value = night.labels.get(f"statement_status.{value}", value)
        style = book.add_format({**cell, "num_format": formats[kind], "align": "center"})
        write_cell(sheet, line, 1, value, style)
    note = book.add_format({"font_name": FONT, "font_size": 9, "font_color": "#606870"})
    sheet.write_string(len(MONTH) + 2, 0, night.say("my_month.note"), note)
    set_up_page(sheet, len(MONTH) + 2, 6, night.say("sheet.my_month"), person, night)
    sheet.protect()
