"""Rejected rows go back to their owner: one workbook per received file, ready to be corrected and sent in again.

The first sheet says of every row what is wrong with it and how to mend it; the second holds the rows in the file's own
columns. Saved under the name it has, into the folder the file came from, the next night reads that sheet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from exports.cells import FONT, GRID, HEADER, LINE_HEIGHT, lines_needed, new_workbook, write_cell
from exports.shelf import open_read_only
from exports.wording import Night, Record, records
from ingest.home import home, read_json

MOST_ROWS = 100_000
"""Rows of a sheet; what is beyond stays in quarantine and is said to be there."""
LONGEST_CELL = 32_000
"""Characters; Excel takes 32,767."""
WIDEST = 42
OWN_COLUMNS = ("_row", "_rule", "_text")
COLUMNS = {
    "zh": ("row", "column", "value", "meaning_zh", "fix_zh", "rule", "asks", "meaning_en", "fix_en"),
    "en": ("row", "column", "value", "meaning_en", "fix_en", "rule", "asks", "meaning_zh", "fix_zh"),
}
WIDTHS = {"row": 8, "column": 16, "value": 26, "rule": 30, "asks": 12}
WIDE = 34
MOST_LINES = 8


@dataclass(frozen=True)
class Rejected:
    """The rejected rows of one file: `given` is what select() says about it, `rules` the catalogue by rule."""

    given: Record
    rules: dict[str, Record]
    rows: list[Record]

    @property
    def headers(self) -> list[str]:
        """The file's own columns, in its order."""
        return [name for name in (self.rows[0] if self.rows else {}) if name not in OWN_COLUMNS]

    def rule_of(self, row: Record) -> Record:
        broken = row["_rule"]
        return self.rules.get(broken) or self.rules[broken.rpartition(":")[2]]

    def places(self, row: Record) -> list[str]:
        """Headers of the columns that the row's rule is about; none if it is about the whole row."""
        column = row["_rule"].partition(":")[0]
        wanted = self.given["key"] if column == "key" else [column]
        named = [self.given["columns"].get(name, {"headers": []})["headers"] for name in wanted]
        return [header for headers in named for header in headers]

    def to_correct(self) -> list[Record]:
        """Rows that can be mended cell by cell: a record that is no row, that a later row replaced, or with more in a
        cell than Excel takes cannot."""
        return [
            row
            for row in self.rows
            if row["_text"] is None
            and not row["_rule"].startswith("key:")
            and all(len(str(cell)) <= LONGEST_CELL for cell in row.values())
        ]


def rejected_files(published: Path) -> list[Record]:
    """What select() said about the files of this night that have rejected rows."""
    return list(read_json(published / "inputs.json").get("rejects") or [])


def read_rejected(published: Path, given: Record) -> Rejected:
    """The rejected rows of a file, as they were read, in the file's order."""
    with open_read_only(published / "analytics.duckdb") as connection:
        rules = records(connection, "select * from marts.dim_rule order by rule_id")
    rows = pq.read_table(home() / given["path"]).to_pylist()
    rows.sort(key=lambda row: (row["_row"], row["_rule"]))
    return Rejected(given, {rule["rule_id"]: rule for rule in rules}, rows)


def rejected_workbook(rejected: Rejected, night: Night) -> bytes:
    """The bytes of the workbook; equal bytes for equal arguments. Every cell is text: nothing becomes a formula."""
    book, buffer = new_workbook(f"{night.say('sheet.rejected')} {rejected.given['file_name']}", night.as_of)
    styles = _styles(book)
    _write_reasons(book, styles, rejected, night)
    _write_rows(book, styles, rejected, night)
    book.close()
    return buffer.getvalue()


def _styles(book: Any) -> dict[str, Any]:
    cell = {"font_name": FONT, "font_size": 10, "border": 1, "border_color": GRID, "valign": "top"}
    head = {**HEADER, "align": "left"}
    return {
        "header": book.add_format(head),
        "text": book.add_format({**cell, "num_format": "@"}),
        "wrapped": book.add_format({**cell, "num_format": "@", "text_wrap": True}),
        "faulty": book.add_format({**cell, "num_format": "@", "bg_color": "#FBE3E0", "font_color": "#B3261E"}),
        "locked": book.add_format({**cell, "num_format": "@", "font_color": "#808890"}),
        "note": book.add_format({"font_name": FONT, "font_size": 10, "text_wrap": True, "valign": "vcenter"}),
    }


def _write_reasons(book: Any, styles: dict[str, Any], rejected: Rejected, night: Night) -> None:
    """One line per row: where it stood, which value, what is wrong, what to do."""
    names = COLUMNS[night.language]
    sheet = book.add_worksheet(night.say("sheet.rejected"))
    sheet.merge_range(0, 0, 0, len(names) - 1, _how_to(rejected, night), styles["note"])
    sheet.set_row(0, 64)
    for position, name in enumerate(names):
        sheet.set_column(position, position, WIDTHS.get(name, WIDE))
        sheet.write_string(1, position, night.say(f"rejected.{name}"), styles["header"])
    shown = rejected.rows[:MOST_ROWS]
    for number, row in enumerate(shown, start=2):
        cells = [cell[:LONGEST_CELL] for cell in _reason(rejected, row, names, night)]
        lines = max(lines_needed(cell, WIDTHS.get(name, WIDE) - 2) for name, cell in zip(names, cells, strict=True))
        sheet.set_row(number, LINE_HEIGHT * min(lines, MOST_LINES))
        for position, cell in enumerate(cells):
            write_cell(sheet, number, position, cell, styles["wrapped"])
    _set_up(sheet, 2, len(shown) + 1, len(names), rejected, night)


def _reason(rejected: Rejected, row: Record, names: tuple[str, ...], night: Night) -> Iterator[str]:
    rule, places = rejected.rule_of(row), rejected.places(row)
    known = rejected.given["columns"].get(row["_rule"].partition(":")[0], {})
    values = [str(row[place]) for place in places if row.get(place) is not None]
    cells = {
        "row": str(row["_row"]),
        "column": "、".join(places) or known.get(night.language, ""),
        "value": row["_text"] if row["_text"] is not None else " / ".join(values),
        "rule": row["_rule"],
        "asks": night.say(f"rejected.asks.{rule['asks']}"),
        "meaning_zh": rule["zh"], "meaning_en": rule["en"], "fix_zh": rule["fix_zh"], "fix_en": rule["fix_en"],
    }  # fmt: skip
    yield from (cells[name] if name == "value" else cells[name].replace("`", "") for name in names)


def _how_to(rejected: Rejected, night: Night) -> str:
    given = rejected.given
    about = night.say("rejected.about", title=given["title"], file=given["file_name"], rows=len(rejected.rows))
    key = "rejected.send_back" if given["comes_back"] else "rejected.mend_there"
    lines = [about, night.say(key, sheet=given["sheet"], name=given["name"])]
    whole = len(rejected.rows) - len(rejected.to_correct())
    if whole and given["comes_back"]:
        lines.append(night.say("rejected.whole", rows=whole))
    if len(rejected.rows) > MOST_ROWS:
        lines.append(night.say("rejected.cut", rows=MOST_ROWS))
    return "\n".join(lines)


def _write_rows(book: Any, styles: dict[str, Any], rejected: Rejected, night: Night) -> None:
    """The rows as they were read, in the file's own columns; the faulty cells are tinted."""
    sheet = book.add_worksheet(rejected.given["sheet"])
    headers, rows = rejected.headers, rejected.to_correct()[:MOST_ROWS]
    sheet.set_column(0, 0, 8)
    sheet.write_string(0, 0, rejected.given["row_header"], styles["header"])
    widths = [len(header.encode("gbk", "replace")) for header in headers]
    for position, header in enumerate(headers, start=1):
        sheet.write_string(0, position, header, styles["header"])
    for number, row in enumerate(rows, start=1):
        sheet.write_string(number, 0, str(row["_row"]), styles["locked"])
        faulty = set(rejected.places(row))
        for position, header in enumerate(headers, start=1):
            style = styles["faulty" if header in faulty else "text"]
            value = row[header]
            write_cell(sheet, number, position, value, style)
            if value:
                widths[position - 1] = max(widths[position - 1], len(value.encode("gbk", "replace")))
    for position, width in enumerate(widths, start=1):
        sheet.set_column(position, position, min(WIDEST, width + 3), styles["text"])  # also for rows that are added
    sheet.set_row(0, 32)
    _set_up(sheet, 1, len(rows), len(headers) + 1, rejected, night)


def _set_up(sheet: Any, first: int, last: int, columns: int, rejected: Rejected, night: Night) -> None:
    sheet.freeze_panes(first, 1)
    sheet.autofilter(first - 1, 0, max(first - 1, last), columns - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.7)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(first - 1)
    sheet.hide_gridlines(2)
    name = f"{rejected.given['title']} {rejected.given['file_name']}"[:100].replace("&", "&&")
    sheet.set_header(f"&L{name}&R{night.say('rejected.confidential')}")
    sheet.set_footer(f"&L{night.as_of}&R&P / &N")
