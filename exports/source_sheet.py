"""The second sheet of a workbook: how old each source is, what the colours mean, how to use the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exports.cells import FONT, write_cell
from exports.table_sheet import day_of_list
from exports.wording import Night, Record

COLUMNS = (
    ("source", 12), ("extract", 16), ("status", 12), ("last_good_business_date", 14), ("age_days", 10),
    ("degraded_since", 14), ("message", 52), ("owner", 20),
)  # fmt: skip
STATUS_TINT = {"fresh": "#E3F1E4", "stale": "#FFF1DB", "gap": "#FFF1DB", "failed": "#FBE3E0", "refused": "#FBE3E0"}


def write_source_sheet(
    book: Any, person: Record, night: Night, remarks: Sequence[str], tints: Mapping[str, str]
) -> None:
    """Add the sheet: title, one line per source and extract, legend of the tints by urgency, remarks."""
    base = {"font_name": FONT, "font_size": 10, "valign": "vcenter"}
    cell = {**base, "border": 1, "border_color": "#C9CFD6", "text_wrap": True, "indent": 1}
    title = book.add_format({**base, "bold": True, "font_size": 13, "font_color": "#1F3A5F"})
    plain = book.add_format(base)
    header = book.add_format({**cell, "bold": True, "font_color": "#FFFFFF", "bg_color": "#1F3A5F", "align": "center"})
    text = book.add_format({**cell, "num_format": "@"})
    day = book.add_format({**cell, "num_format": "yyyy-mm-dd", "align": "center"})
    count = book.add_format({**cell, "num_format": "0", "align": "center"})
    tinted = {
        tint: book.add_format({**cell, "bg_color": tint, "align": "center"})
        for tint in dict.fromkeys((*STATUS_TINT.values(), "#FFFFFF"))
    }
    sheet = book.add_worksheet(night.say("sheet.sources"))
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, night.say("sheet.sources"), title)
    sheet.write_string(1, 0, day_of_list("dates", person, night), plain)
    sheet.set_row(0, 28)
    sheet.set_row(2, 24)
    for position, (name, width) in enumerate(COLUMNS):
        sheet.set_column(position, position, width, plain)
        key = f"kpi.message_{night.language}" if name == "message" else f"kpi.{name}"
        sheet.write_string(2, position, night.say(key), header)
    line = 3
    for source in night.sources:
        tint = STATUS_TINT.get(source["status"], "#FFFFFF")
        values = {
            **source,
            "status": night.say(f"source_status.{source['status']}"),
            "message": source.get(f"message_{night.language}"),
        }
        for position, (name, _) in enumerate(COLUMNS):
            value = values.get(name)
            style = day if hasattr(value, "year") else count if isinstance(value, int) else text
            if name == "status":
                style = tinted[tint]
            write_cell(sheet, line, position, value, style)
        sheet.set_row(line, 20 if len(values.get("message") or "") <= 26 else 32)
        line += 1
    line += 1
    for urgency, tint in tints.items():
        sheet.write_blank(line, 0, None, book.add_format({**cell, "bg_color": tint}))
        sheet.write_string(line, 1, night.say(f"urgency.{urgency}"), plain)
        line += 1
    for remark in filter(None, remarks):
        line += 1
        sheet.write_string(line, 0, remark, plain)
    sheet.protect("", {"format_columns": True})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
