"""Pay per person and month as a workbook for the general manager (restricted.kpi_staff_bonus_monthly)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from exports.cells import FONT, GRID, HEADER, new_workbook, write_cell
from exports.shelf import open_read_only
from exports.wording import Night, Record, records

CODES = {
    "role": "role",
    "status": "statement_status",
    "segment": "segment",
    "cover_code": "cover",
    "incentive_kind": "incentive_kind",
    "insurer_code": "insurer",
}  # column -> group of labels of its codes
PERSON = "store_id, staff_id, role"
SIGNERS = {
    "signed_by_person": "confirmed_on",
    "signed_by_manager": "manager_confirmed_on",
    "signed_by_general_manager": "general_manager_confirmed_on",
}  # label of a signature's place -> column with the day it was given


def statement_rows(published: Path) -> int:
    """Rows of the statement."""
    with open_read_only(published / "restricted.duckdb") as connection:
        return connection.execute("select count(*) from restricted.kpi_staff_bonus_monthly").fetchone()[0]


def statement_workbook(published: Path, night: Night) -> bytes:
    """The bytes of the statement; equal bytes for equal contents.

    One row per person × month, newest month first, under it the places for three signatures: the day of the last one
    once all statements of the newest ended month are confirmed; on a sheet of its own, for the manager only, the months in which the
    next renewal would cost a person money: a defect of the plan (DOMAIN §4); the insurers' channel managers last (L25).
    """
    book, buffer = new_workbook(f"{night.say('sheet.statement')} {night.as_of}", night.as_of)
    cell = {"font_name": FONT, "font_size": 10, "border": 1, "border_color": GRID}
    formats = {
        "header": book.add_format(HEADER),
        "text": book.add_format({**cell, "num_format": "@"}),
        "month": book.add_format({**cell, "num_format": "yyyy-mm", "align": "center"}),
        "date": book.add_format({**cell, "num_format": "yyyy-mm-dd", "align": "center"}),
        "rate": book.add_format({**cell, "num_format": "0.0%"}),
        "amount": book.add_format({**cell, "num_format": "#,##0.00"}),
        "factor": book.add_format({**cell, "num_format": "0.0%"}),
        "value": book.add_format({**cell, "num_format": "#,##0.00"}),
        "number": book.add_format({**cell, "num_format": "General"}),
    }  # fmt: skip
    with open_read_only(published / "restricted.duckdb") as connection:
        for name, table, where, order in (
            ("bonus", "kpi_staff_bonus_monthly", "true", PERSON),
            ("incentive", "staff_incentive_monthly", "incentive_amount > 0", PERSON),
            ("adjustment", "statement_adjustment", "true", PERSON),
            ("plan_defect", "next_vehicle_value", "is_plan_defect", PERSON),
            ("channel_manager", "channel_manager_bonus_monthly", "true", "insurer_code, manager_id"),
        ):
            query = f"from restricted.{table} where {where} order by month desc, {order}"
            columns = [row[0] for row in connection.execute(f"describe restricted.{table}").fetchall()]
            rows = records(connection, f"select * {query}")
            sheet = _add_sheet(book, formats, night, name, columns, rows)
            for position, signer in enumerate(SIGNERS if name == "bonus" else ()):
                place = f"{night.say(f'statement.{signer}')}: {_signed(rows, SIGNERS[signer])}"
                sheet.write_string(len(rows) + 2, 4 * position, place)
    book.close()
    return buffer.getvalue()


def _signed(rows: list[Record], column: str) -> str:
    """The day on which the last statement of the newest ended month was signed; a line to sign on until all are."""
    ended = [row for row in rows if row["status"] in ("awaiting_confirmation", "closed")]
    month = max((row["month"] for row in ended), default=None)
    signed = [row[column] for row in ended if row["month"] == month]
    return f"{month:%Y-%m} {max(signed)}" if signed and all(signed) else "____________"


def _add_sheet(
    book: Workbook,
    formats: dict[str, Format],
    night: Night,
    name: str,
    columns: list[str],
    rows: list[Record],
) -> Worksheet:
    sheet = book.add_worksheet(night.say(f"sheet.{name}"))
    for position, column in enumerate(columns):
        sheet.set_column(position, position, 13)
        sheet.write_string(0, position, night.say(f"kpi.{column}"), formats["header"])
    sheet.set_row(0, 32)
    for number, row in enumerate(rows, start=1):
        for position, column in enumerate(columns):
            value = row[column]
            style = formats["text"]
            if isinstance(value, date):
                style = formats["date" if column.endswith("_on") else "month"]
            elif isinstance(value, bool):
                value = night.say("call_list.yes") if value else None
            elif isinstance(value, (int, float, Decimal)):
                style = formats.get(column.rsplit("_", 1)[-1], formats["number"])
            elif value is not None:
                value = night.labels.get(f"{CODES.get(column)}.{value}", str(value))
            write_cell(sheet, number, position, value, style)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    title = f"{night.say('sheet.statement')} {night.as_of}"
    sheet.set_header(f"&L{title}&R{night.say('call_list.internal')}")
    return sheet
