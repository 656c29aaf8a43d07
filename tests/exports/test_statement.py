"""The general manager's bonus workbook: who confirmed, and what the insurers' channel managers get."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl import Workbook

from exports.audit import audit
from exports.publish import publish
from exports.shelf import published_of
from exports.statement import statement_workbook
from exports.wording import load_night

AS_OF = date(2026, 11, 24)


@pytest.fixture
def opened(home: Path, make_build: Callable[..., Path]) -> Callable[[str], Workbook]:
    """The workbook of a published night after some SQL in its restricted.duckdb."""

    def make(script: str = "") -> Workbook:
        build = make_build(restricted=script)
        audit(build)
        publish(build, rebuild=False)
        published = published_of(AS_OF)
        return openpyxl.load_workbook(io.BytesIO(statement_workbook(published, load_night(published, AS_OF, "zh"))))

    return make


def texts(book: Workbook) -> list[str]:
    return [cell.value for row in book.worksheets[0].iter_rows() for cell in row if isinstance(cell.value, str)]


def test_a_signature_is_the_day_once_all_statements_of_the_ended_month_are_confirmed(opened: Callable[..., Workbook]) -> None:  # fmt: skip
    """October awaits confirmation and is signed by person and manager, not by the general manager; November runs."""
    book = opened()
    told = texts(book)
    assert "本人签字: 2026-10 2026-11-02" in told
    assert "保险经理签字: 2026-10 2026-11-03" in told
    assert "总经理签字: ____________" in told
    sheet = book.worksheets[0]
    heads = {cell.value: cell.column for cell in sheet[1]}
    october = next(row for row in sheet.iter_rows(min_row=2) if row[heads["月份"] - 1].value == datetime(2026, 10, 1))
    confirmed = october[heads["本人确认日"] - 1]
    assert (confirmed.value, confirmed.number_format) == (datetime(2026, 11, 2), "yyyy-mm-dd")


def test_one_statement_that_is_not_confirmed_leaves_the_place_open(opened: Callable[..., Workbook]) -> None:
    other = "insert into restricted.kpi_staff_bonus_monthly by name select * replace ('S2' as staff_id,"
    other += " null as confirmed_on, date '2026-11-02' as objected_on) from restricted.kpi_staff_bonus_monthly"
    told = texts(opened(f"{other} where status = 'awaiting_confirmation'"))
    assert "本人签字: ____________" in told and "保险经理签字: 2026-10 2026-11-03" in told


def test_the_channel_managers_bonuses_stand_on_a_sheet_of_their_own(opened: Callable[..., Workbook]) -> None:
    sheet = opened()["渠道经理奖励"]
    head, row = ([cell.value for cell in cells] for cells in sheet.iter_rows())
    found = dict(zip(head, row, strict=True))
    assert (found["保险公司"], found["渠道经理工号"], found["奖金"]) == ("中国人保", "M7", 600)
    assert not [name for name in head if name.startswith("kpi.")], "each column has its name"


def test_a_defect_of_the_plan_is_marked_in_words(opened: Callable[..., Workbook]) -> None:
    assert [cell.value for cell in opened()["方案缺陷"][2]][-1] == "是"
