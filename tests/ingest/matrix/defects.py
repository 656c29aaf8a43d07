"""What can be wrong: a defect is put into a good file, and what must become of it is written beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.ingest.matrix.kinds import Kind
from tests.ingest.matrix.shapes import Shape, Sheet

HELD = object()
"""Expected instead of a value: the row is held."""


@dataclass(frozen=True)
class Case:
    """A file and what must become of it. Positions count data lines from 1.

    `edit` damages the packed bytes. `kept`: which of the good rows are loaded, with `changed` values by (line, column);
    `at`: the records they stand in, counted behind the header, where that is not their line. `faults`: what is told of
    the whole file.
    `held`: rule by data line; `declared`: records that are no data; `warnings`: rows let in and told.
    `refused`: the rule under which the whole file is not used.
    """

    sheet: Sheet
    kept: tuple[int, ...] = (1, 2, 3)
    at: tuple[int, ...] | None = None
    changed: dict[tuple[int, str], Any] = field(default_factory=dict)
    held: dict[int, str] = field(default_factory=dict)
    declared: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    refused: str | None = None
    edit: Callable[[bytes], bytes] | None = None


@dataclass(frozen=True)
class Impossible:
    """Why there is no such file."""

    reason: str


@dataclass(frozen=True)
class Defect:
    name: str
    make: Callable[[Kind, Shape, Sheet], Case | Impossible]


NO_CELLS = "a text file has no cells with types of their own"
NO_LINES = "records are named field by field: there are no lines beside them"
NO_HEADER = "this log has no header line"


def _value(
    role: str, raw: Any, expected: Any, native: bool = False
) -> Callable[[Kind, Shape, Sheet], Case | Impossible]:
    """Line 2 carries `raw` in the column of a role and becomes `expected`; a string ':rule' holds the row instead."""

    def make(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
        column = kind.roles.get(role)
        if column is None:
            return Impossible(f"{kind.name} has no column for {role.replace('_', ' ')}")
        if native and not shape.has_cells:
            return Impossible(NO_CELLS)
        at = kind.columns.index(column)
        sheet[2][at] = raw
        if not (isinstance(expected, str) and expected.startswith(":")):
            return Case(sheet, changed={(2, column): expected})
        rule = column + expected
        if kind.by_hand and column not in kind.required:
            return Case(sheet, changed={(2, column): None}, warnings={rule: 1})
        return Case(sheet, kept=(1, 3), held={2: rule})

    return make


def _told(role: str, raw: Any, expected: Any, suffix: str) -> Callable[[Kind, Shape, Sheet], Case | Impossible]:
    """Line 2 carries something doubtful: let in as `expected`, and told."""

    def make(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
        column = kind.roles.get(role)
        if column is None:
            return Impossible(f"{kind.name} has no column for {role.replace('_', ' ')}")
        sheet[2][kind.columns.index(column)] = raw
        return Case(sheet, changed={(2, column): expected}, warnings={f"{column}:{suffix}": 1})

    return make


def _noted(role: str, raw: Any, suffix: str) -> Callable[[Kind, Shape, Sheet], Case | Impossible]:
    """Line 2 carries something that is no value: empty and told where optional, held where required."""

    def make(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
        column = kind.roles.get(role)
        if column is None:
            return Impossible(f"{kind.name} has no column for {role.replace('_', ' ')}")
        sheet[2][kind.columns.index(column)] = raw
        rule = f"{column}:{suffix}"
        if column in kind.required:
            return Case(sheet, kept=(1, 3), held={2: rule})
        return Case(sheet, changed={(2, column): None}, warnings={rule: 1})

    return make


def _clean(kind: Kind, shape: Shape, sheet: Sheet) -> Case:
    return Case(sheet)


def _blank_line(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if not shape.has_lines:
        return Impossible(NO_LINES)
    sheet.insert(2, [""] * len(sheet[0]))
    return Case(sheet, at=(1, 3, 4), declared={"blank": 1})


def _exact_duplicate(kind: Kind, shape: Shape, sheet: Sheet) -> Case:
    sheet.append(list(sheet[1]))
    return Case(sheet, declared={"exact_duplicate": 1})


def _same_key_other_content(kind: Kind, shape: Shape, sheet: Sheet) -> Case:
    at = kind.columns.index(kind.roles["text"])
    last = list(sheet[1])
    last[at] = "E9999"
    sheet.append(last)
    changed = {(1, kind.roles["text"]): "E9999"}
    return Case(sheet, kept=(2, 3, 1), at=(2, 3, 4), changed=changed, held={1: "key:superseded_in_file"})


def _short_line(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if not shape.has_lines:
        return Impossible(NO_LINES)
    if shape.has_cells:
        return Impossible("a sheet has as many cells in every row")
    if not kind.has_header:
        return Impossible("logs without header write fewer fields on purpose")
    sheet[2] = sheet[2][:-1]
    return Case(sheet, kept=(1, 3), held={2: "row:wrong_number_of_fields"})


def _long_line(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if not shape.has_lines:
        return Impossible(NO_LINES)
    sheet[2] = [*sheet[2], "", "多余"]
    return Case(sheet, kept=(1, 3), held={2: "row:wrong_number_of_fields"})


def _trailing_delimiters(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if not shape.has_lines:
        return Impossible(NO_LINES)
    sheet[1:] = [[*line, "", ""] for line in sheet[1:]]
    return Case(sheet)


def _totals(place: int) -> Callable[[Kind, Shape, Sheet], Case | Impossible]:
    def make(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
        if not kind.has_header:
            return Impossible("a log sums nothing up")
        if shape.name == "table":
            return Impossible("a database table has no totals row")
        total = [""] * len(sheet[0])
        total[kind.columns.index(kind.roles["key"])] = "合计:3"
        sheet.insert(place, total)
        at = tuple(line + (line >= place) for line in (1, 2, 3))
        return Case(sheet, at=at, declared={"totals": 1})

    return make


def _repeated_header(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if not shape.has_lines:
        return Impossible(NO_LINES)
    if not kind.has_header:
        return Impossible(NO_HEADER)
    sheet.insert(3, list(sheet[0]))
    return Case(sheet, at=(1, 2, 4), declared={"header": 1})


def _preamble(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if not shape.has_lines:
        return Impossible(NO_LINES)
    if not kind.has_header:
        return Impossible(NO_HEADER)
    sheet[:0] = [["某某公司业务清单"], ["导出日期:2026-11-23", "制表人"], []]
    return Case(sheet, at=(4, 5, 6), declared={"title": 2, "blank": 1})


def _group_header(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if not shape.has_lines:
        return Impossible(NO_LINES)
    if not kind.has_header:
        return Impossible(NO_HEADER)
    sheet.insert(0, ["基本信息", *[""] * (len(sheet[0]) - 2), "其他"])
    return Case(sheet, at=(2, 3, 4), declared={"title": 1})


def _reordered(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if not kind.has_header and shape.has_lines:
        return Impossible("without a header the order is all there is")
    return Case([list(reversed(line)) for line in sheet])


def _unknown_column(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if not kind.has_header and shape.has_lines:
        return Impossible(NO_HEADER)
    made = [[*line, "新列" if y == 0 else f"x{y}"] for y, line in enumerate(sheet)]
    return Case(made, faults=("file:unknown_columns",))


def _renamed_to_alias(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if not kind.has_header and shape.has_lines:
        return Impossible(NO_HEADER)
    sheet[0] = [kind.aliases.get(name, name) for name in sheet[0]]
    return Case(sheet)


def _required_missing(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if not kind.has_header and shape.has_lines:
        return Impossible(NO_HEADER)
    at = kind.columns.index(kind.roles["key"])
    return Case([[*line[:at], *line[at + 1 :]] for line in sheet], refused="file:columns_missing")


def _blank_header(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if not shape.has_lines:
        return Impossible(NO_LINES)
    if not kind.has_header:
        return Impossible(NO_HEADER)
    made = [[line[0], "" if y == 0 else "备", *line[1:]] for y, line in enumerate(sheet)]
    return Case(made, faults=("file:unknown_columns",))  # told by its place: column 2


def _header_decorated(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if not kind.has_header and shape.has_lines:
        return Impossible(NO_HEADER)
    sheet[0] = [f" {name[0]}\u3000{name[1:]} " for name in sheet[0]]
    return Case(sheet)


def _quoted(text: str) -> Callable[[Kind, Shape, Sheet], Case | Impossible]:
    def make(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
        if "\n" in text and shape.line_end == "\r":
            return Impossible("a file with CR line ends has no LF in its fields; Python's writer would not quote it")
        sheet[2][kind.columns.index(kind.roles["text"])] = text
        return Case(sheet, changed={(2, kind.roles["text"]): text})

    return make


def _blanks_around_the_key(kind: Kind, shape: Shape, sheet: Sheet) -> Case:
    at = kind.columns.index(kind.roles["key"])
    sheet[2][at] = f"\u3000{sheet[2][at]} \u00a0"
    return Case(sheet)


def _nul_byte(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if not shape.is_text:
        return Impossible("only plain text can be damaged by NUL bytes and still be read")
    nul = "\x00".encode("utf-16-le") if "utf16" in shape.name else b"\x00"
    at = 2 if "utf16" in shape.name else 3 if "bom" in shape.name else 0
    return Case(sheet, edit=lambda data: data[:at] + nul + data[at:])


def _no_last_line_end(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if not shape.is_text:
        return Impossible("only plain text ends with a line end")
    width = len(shape.line_end) * (2 if "utf16" in shape.name else 1)
    return Case(sheet, edit=lambda data: data[:-width])


def _zero_bytes(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if not kind.has_header and shape.has_lines and not shape.has_cells:
        return Case([sheet[0]], kept=(), edit=lambda data: b"")  # a day without calls
    return Case(sheet, kept=(), refused="file:empty", edit=lambda data: b"")


def _header_only(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if not shape.has_lines and shape.name != "table":
        return Impossible("no record, no field names")
    if not kind.has_header and shape.has_lines:
        return Impossible(NO_HEADER)
    return Case(sheet[:1], kept=())


def _cut_in_half(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    if shape.is_text or shape.name == "json_lines":
        return Impossible(
            "lines before the cut are whole; only a totals row or a marker shows it (tests/ingest/reading)"
        )
    return Case(sheet, kept=(), refused="file:unreadable", edit=lambda data: data[: len(data) // 2])


def _not_what_it_says(kind: Kind, shape: Shape, sheet: Sheet) -> Case | Impossible:
    return Case(sheet, kept=(), refused="file:unreadable", edit=lambda data: b"\x89PNG\r\n\x1a\n" + bytes(range(64)))


DEFECTS = (
    Defect("clean", _clean),
    # lines
    Defect("blank_line", _blank_line),
    Defect("exact_duplicate", _exact_duplicate),
    Defect("same_key_other_content", _same_key_other_content),
    Defect("short_line", _short_line),
    Defect("long_line", _long_line),
    Defect("trailing_delimiters", _trailing_delimiters),
    Defect("totals_at_the_end", _totals(4)),
    Defect("totals_in_the_middle", _totals(2)),
    Defect("totals_at_the_top", _totals(1)),
    Defect("repeated_header", _repeated_header),
    Defect("preamble", _preamble),
    Defect("group_header", _group_header),
    # columns
    Defect("columns_reordered", _reordered),
    Defect("unknown_column", _unknown_column),
    Defect("renamed_to_a_known_alias", _renamed_to_alias),
    Defect("required_column_missing", _required_missing),
    Defect("blank_header", _blank_header),
    Defect("header_with_blanks", _header_decorated),
    # text in cells
    Defect("newline_in_a_field", _quoted("第一行\n第二行")),
    Defect("delimiters_in_a_field", _quoted('a,b|c;d\te')),
    Defect("quotes_in_a_field", _quoted('他说"好"')),
    Defect("formula_in_a_field", _quoted("=1+1")),
    Defect("nul_byte", _nul_byte),
    Defect("no_last_line_end", _no_last_line_end),
    # values
    Defect("key_missing", _value("key", "", ":missing")),
    Defect("key_destroyed_by_excel", _value("key", "1.20305E+21", ":destroyed_by_excel")),
    Defect("unknown_code", _value("code", "第三种", ":unknown_code")),
    Defect("vin_with_a_forbidden_letter", _value("vin", "LSVAA2183O2000002", ":not_a_vin")),
    Defect("vin_in_small_full_width", _value("vin", " ｌｓvaa2183c2000002 ", "LSVAA2183C2000002")),
    Defect("vin_with_a_wrong_check_digit", _told("vin", "LSVAA2180C2000002", "LSVAA2180C2000002", "check_digit")),
    Defect("phone_with_country_code", _value("phone", "+86 139-0013-9000", "13900139000")),
    Defect("phone_in_full_width", _value("phone", "１３９００１３９０００", "13900139000")),
    Defect("phone_as_a_decimal", _value("phone", "13900139000.0", "13900139000")),
    Defect("phone_destroyed_by_excel", _value("phone", "1.39E+10", ":destroyed_by_excel")),
    Defect("phone_in_an_unassigned_range", _told("phone", "15400138000", "15400138000", "unassigned_range")),
    Defect("phone_hidden", _told("phone", "138****8000", None, "hidden_number")),
    Defect("two_phones_in_a_cell", _told("phone", "13900139000/13800138000", "13900139000", "more_than_one_number")),
    Defect("phone_too_short", _value("phone", "1390013900", ":not_a_phone")),
    Defect("date_with_slashes", _value("date", "2026/1/5", date(2026, 1, 5))),
    Defect("date_in_chinese", _value("date", "2026年1月5日", date(2026, 1, 5))),
    Defect("date_compact", _value("date", "20260105", date(2026, 1, 5))),
    Defect("date_as_excel_serial", _value("date", "46027", date(2026, 1, 5))),
    Defect("date_29_february_of_no_leap_year", _value("date", "2026-02-29", ":not_a_date")),
    Defect("date_of_zeros", _value("date", "0000-00-00", ":not_a_date")),
    Defect("date_cell", _value("date", date(2026, 1, 5), date(2026, 1, 5), native=True)),
    Defect("last_day_before_the_first", _value("last_day", "2026-11-30", ":not_after")),
    Defect("money_as_people_write_it", _value("money", "￥1,234.50元", Decimal("1234.50"))),
    Defect("money_in_parentheses", _value("optional_money", "(12.30)", Decimal("-12.30"))),
    Defect("money_in_full_width", _value("optional_money", "１２.５", Decimal("12.50"))),
    Defect("money_in_words", _value("optional_money", "三百", ":not_money")),
    Defect("money_cell", _value("optional_money", 88.5, Decimal("88.50"), native=True)),
    Defect("error_cell_for_money", _noted("optional_money", "#N/A", "excel_error")),
    Defect("error_cell_for_the_key", _noted("key", "#REF!", "excel_error")),
    Defect("error_cell_for_a_phone", _noted("phone", "#VALUE!", "excel_error")),
    Defect("blanks_around_the_key", _blanks_around_the_key),
    Defect("time_with_slashes", _value("timestamp", "2026/11/23 9:05", datetime(2026, 11, 23, 9, 5))),
    Defect("time_of_a_26th_hour", _value("timestamp", "2026-11-23 26:05:00", ":not_a_timestamp")),
    Defect("seconds_in_words", _value("integer", "一分钟", ":not_an_integer")),
    Defect("seconds_as_a_decimal", _value("integer", "0.0", 0)),
    # whole files
    Defect("zero_bytes", _zero_bytes),
    Defect("header_only", _header_only),
    Defect("cut_in_half", _cut_in_half),
    Defect("not_what_it_says", _not_what_it_says),
)  # fmt: skip


def case_of(kind: Kind, shape: Shape, defect: Defect, number: int) -> Case | Impossible:
    """The cell of the table: a sheet of the kind with the defect in it, or why there is none."""
    lines = [[cell.replace("{n}", f"{number:03d}") for cell in line] for line in kind.lines]
    made = defect.make(kind, shape, [list(kind.headers), *lines])
    if isinstance(made, Impossible):
        return made
    if not kind.has_header and shape.has_lines and not shape.has_cells:
        return replace(made, sheet=made.sheet[1:])
    return made
