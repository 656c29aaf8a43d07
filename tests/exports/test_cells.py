"""No text becomes a formula, a link or a number, in no workbook and no CSV."""

from __future__ import annotations

import csv
import io
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from exports.audit import audit
from exports.call_list import call_list_workbook, call_lists
from exports.cells import csv_text
from exports.other_lists import other_list_workbook, other_lists
from exports.publish import publish
from exports.rejected import Rejected, rejected_workbook
from exports.statement import statement_workbook
from exports.team import team_workbook, teams
from exports.wording import Record, load_night
from tests.conftest import needs

AS_OF = date(2026, 11, 24)
HARMFUL = (
    "=1+1", "+86-139", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", '=HYPERLINK("http://x.cn","y")',
    "=cmd|' /C calc'!A0",
    "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20A1",
)  # fmt: skip
"""Texts that some spreadsheet takes for a formula at the start of a field of a CSV."""
NAUGHTY = (
    *HARMFUL,
    "{=1}",
    "http://x.cn",
    "mailto:a@b.cn",
    "1e5",
    "00123",
    "'=1",
    " =1+1",
    "#REF!",
    "TRUE",
    "2026-01-01",
)
KEEP = {
    "list_id", "row_id", "urgency", "store_id", "staff_id", "recipient_id", "vehicle_key", "expiry_month", "list_kind",
    "appointment_number", "subject", "log_number",
}  # fmt: skip


def shown(value: object) -> str:
    """A cell's text without blanks around it; Office Open XML writes a carriage return as _x000D_."""
    return str(value).replace("_x000D_", "\r").strip()


def spoiled(row: Record, text: str) -> Record:
    """The row with a text in every column of text that may hold words."""
    return {name: text if isinstance(value, str) and name not in KEEP else value for name, value in row.items()}


@pytest.fixture
def workbooks(make_build: Callable[..., Path]) -> Callable[[str], Iterator[bytes]]:
    """Every workbook we write with one text in each of its cells of text."""
    build = make_build(others=3)
    night = load_night(build, AS_OF)

    def write(text: str) -> Iterator[bytes]:
        words = replace(night, sources=[{**source, "message_zh": text, "owner": text} for source in night.sources])
        person, rows = next(call_lists(build))
        month = {"month": date(2026, 11, 1), "status": text, "bonus_amount": Decimal(1)}
        month |= dict.fromkeys((
            "renewable_vehicles", "renewed_vehicles", "attainment_rate", "full_cover_vehicles", "full_coverage_rate",
            "next_full_cover_value",
        ), 1)  # fmt: skip
        person = {**person, "staff_name": text, "store_name": text}
        yield call_list_workbook(person, [spoiled(row, text) for row in rows], words, text, month)
        for kind, who, lines in other_lists(build):
            yield other_list_workbook(kind, {**who, "staff_name": text}, [spoiled(row, text) for row in lines], words)
        for team in teams(build):
            parts = {
                name: [spoiled(row, text) for row in getattr(team, name)]
                for name in ("calls", "suppressed", "uncovered", "claimed")
            }
            yield team_workbook(replace(team, **parts), words)
        given = {
            "title": "t", "file_name": "f.csv", "key": ["a"], "columns": {"a": {"headers": ["甲"], "zh": "甲", "en": "a"}},
            "sheet": "更正", "name": "f.xlsx", "comes_back": True, "row_header": "行号",
        }  # fmt: skip
        rule = {"asks": "us"} | dict.fromkeys(("zh", "en", "fix_zh", "fix_en"), text)
        row = {"_row": 1, "_rule": "a:bad", "_text": None, "甲": text}
        yield rejected_workbook(Rejected(given, {"a:bad": rule, "bad": rule}, [row]), words)

    return write


@pytest.mark.parametrize("text", NAUGHTY)
def test_no_text_is_a_formula_or_a_link_in_any_workbook(text: str, workbooks: Callable[[str], Iterator[bytes]]) -> None:
    for data in workbooks(text):
        book = openpyxl.load_workbook(io.BytesIO(data))
        cells = [cell for sheet in book.worksheets for line in sheet.iter_rows() for cell in line]
        assert all(cell.data_type != "f" and not cell.hyperlink for cell in cells)
        assert text.strip() in {shown(cell.value) for cell in cells}


def test_no_text_of_a_statement_is_a_formula(make_build: Callable[..., Path]) -> None:
    build = make_build(restricted="update restricted.kpi_staff_bonus_monthly set plan_id = '=1+1', role = '@A1';")
    book = openpyxl.load_workbook(io.BytesIO(statement_workbook(build, load_night(build, AS_OF))))
    cells = [cell for sheet in book.worksheets for line in sheet.iter_rows() for cell in line]
    assert {"=1+1", "@A1"} <= {cell.value for cell in cells} and all(cell.data_type != "f" for cell in cells)


def batched(names: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]


def test_libreoffice_shows_every_text_as_it_is(
    tmp_path: Path, workbooks: Callable[[str], Iterator[bytes]]
) -> None:  # few conversions for all files
    for number, text in enumerate(NAUGHTY):
        for kind, data in enumerate(workbooks(text)):
            (tmp_path / f"{kind}_{number}.xlsx").write_bytes(data)
    opened = tmp_path / "opened"
    for some in batched(sorted(map(str, tmp_path.glob("*.xlsx"))), 200):  # of more it leaves some out without a word
        subprocess.run(
            [needs("soffice"), f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "xlsx",
             "--outdir", str(opened), *some],
            check=True, capture_output=True, timeout=300, env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    files = sorted(opened.glob("*.xlsx"))
    assert {file.name for file in files} == {file.name for file in tmp_path.glob("*.xlsx")} and len(files) > len(
        NAUGHTY
    )
    for file in files:
        text = NAUGHTY[int(file.stem.split("_")[1])].strip()
        book = openpyxl.load_workbook(file)
        assert all(cell.data_type != "f" for sheet in book for line in sheet.iter_rows() for cell in line), file.name
        read = CalamineWorkbook.from_path(file)
        words = {
            shown(cell) for name in read.sheet_names for row in read.get_sheet_by_name(name).to_python() for cell in row
        }
        assert text in words, file.name


def test_a_csv_field_never_begins_like_a_formula_and_numbers_stay_numbers(make_build: Callable[..., Path]) -> None:
    texts = ", ".join(f"({number}, $${text}$$, -{number}.5::decimal(9, 2))" for number, text in enumerate(NAUGHTY))
    build = make_build(
        analytics=f"create table marts.kpi_naughty as select * from (values {texts}) as t (place, comment, amount);"
    )
    audit(build)
    folder = publish(build, rebuild=False) / "extracts"
    with (folder / "kpi_naughty.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        text = NAUGHTY[int(row["place"])]
        assert row["comment"] == (f"'{text}" if text in HARMFUL else text)
        assert row["amount"] == f"-{row['place']}.50"
    for file in folder.glob("*.csv"):
        for line in csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline="")):
            assert not [cell for cell in line if cell[:1] in set("=+@-\t\r") and not is_number(cell)], file.name


def is_number(text: str) -> bool:
    try:
        return bool(Decimal(text)) or True
    except ArithmeticError:
        return False


@pytest.mark.parametrize("text", NAUGHTY)
def test_texts_of_dictionaries_follow_the_same_rule(text: str) -> None:
    assert csv_text(text) == (f"'{text}" if text in HARMFUL else text)


def test_all_workbooks_are_made_in_one_place() -> None:
    sources: dict[str, Any] = {
        path.name: path.read_text(encoding="utf-8")
        for path in (Path(__file__).resolve().parents[2] / "exports").glob("*.py")
    }
    assert [name for name, text in sources.items() if "xlsxwriter.Workbook(" in text] == ["cells.py"]
    assert [name for name, text in sources.items() if ".write(" in text.replace("sys.stdout.write(", "")] == []
