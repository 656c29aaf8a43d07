"""The sheets of a call list that are read and not filled in."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from exports.call_list import call_list_workbook, call_lists
from exports.own_sheets import handed_over, months_so_far
from exports.wording import load_night
from ingest.reading.headers import HEADER_SEARCH, header_key, known_headers
from ingest.spec import load

AS_OF = date(2026, 11, 24)
SPEC = Path(__file__).resolve().parents[2] / "ingest/sources/returned_lists.yaml"


@pytest.fixture
def book(make_build: Callable[..., Path]) -> Callable[..., Any]:
    """The opened workbook of a person, as the night makes it."""

    def make(language: str = "zh", staff_id: str = "S1", **options: Any) -> Any:
        build = make_build(**options)
        person, rows = next(item for item in call_lists(build) if item[0]["staff_id"] == staff_id)
        whose = (person["store_id"], staff_id)
        month, mine = months_so_far(build, AS_OF).get(whose), handed_over(build).get(whose, [])
        data = call_list_workbook(person, rows, load_night(build, AS_OF, language), "", month, mine)
        return openpyxl.load_workbook(io.BytesIO(data))

    return make


def test_the_promised_sheet_holds_the_rows_with_an_agreed_day_the_earliest_first(book: Callable[..., Any]) -> None:
    earlier = "update restricted.call_list set next_contact_on = date '2026-11-23' where row_id = 'r5'"
    sheet = book(restricted=earlier)["约定回访"]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [(row[0], row[1]) for row in rows] == [(datetime(2026, 11, 23), 5), (datetime(2026, 11, 24), 1)]
    assert rows[0][3] == "13912345678"


def test_what_came_from_a_colleague_says_from_whom_why_since_when_and_where_it_stands_today(
    book: Callable[..., Any],
) -> None:
    workbook = book(others=3)
    assert workbook.sheetnames[:4] == ["今日名单", "约定回访", "转交给我的", "本月进度"]
    rows = list(workbook["转交给我的"].iter_rows(min_row=2, max_col=6, values_only=True))
    assert rows == [
        (datetime(2026, 11, 23), "孙悦 A1", "经理改派", "第三步", 1, None),
        (datetime(2026, 11, 22), "孙悦 A1", "同事离岗、休假或归属调整", "第三步", None, "未到再次联系日期"),
        (datetime(2026, 11, 21), "孙悦 A1", "上一步到期未成交", "第三步", 3, None),
    ]
    cells = [cell for row in workbook["转交给我的"].iter_rows(values_only=True) for cell in row]
    assert "13912345678" not in cells


def test_whoever_took_nothing_over_has_the_sheet_with_its_header_only(book: Callable[..., Any]) -> None:
    assert book()["转交给我的"].max_row == 1


def test_the_action_of_today_says_the_step_and_the_recall_only_once(book: Callable[..., Any]) -> None:
    actions = [row[1] for row in book().worksheets[0].iter_rows(min_row=2, max_row=5, values_only=True)]
    assert actions == ["今天约定回访\n第二步", "先报价再促成\n第三步", "首次致电\n第一步", "脱保追回"]


def test_my_month_shows_the_persons_own_figures_of_this_month_only(book: Callable[..., Any]) -> None:
    other = """insert into restricted.kpi_staff_bonus_monthly by name
        select * replace ('S9' as staff_id, 9999.00 as bonus_amount) from restricted.kpi_staff_bonus_monthly"""
    sheet = book(restricted=other)["本月进度"]
    assert [tuple(row[:2]) for row in sheet.iter_rows(min_row=2, max_row=10, values_only=True)] == [
        ("月份", datetime(2026, 11, 1)), ("状态", "试算"), ("可续保标的", 100), ("已续保", 60), ("达成率", 0.6),
        ("其中全保", 48), ("全保率", 0.8), ("奖金(试算)", 800), ("再续一台全保可增加", 13),
    ]  # fmt: skip
    words = [cell.value for row in sheet.iter_rows() for cell in row]
    assert 9999 not in words and 1200 not in words


def test_who_has_no_figures_has_no_such_sheet(book: Callable[..., Any]) -> None:
    assert "本月进度" not in book(staff_id="S2").sheetnames


@pytest.mark.parametrize("language", ["zh", "en"])
def test_only_the_first_sheet_carries_headers_that_a_returned_list_is_known_by(
    language: str, book: Callable[..., Any]
) -> None:
    extract = load(SPEC).extracts["results"]
    known = known_headers(extract)
    first, *others = book(language).worksheets
    assert len(known & {header_key(str(cell.value)) for cell in first[1]}) > 20
    for sheet in others:
        cells = [cell for row in sheet.iter_rows(max_row=HEADER_SEARCH, values_only=True) for cell in row if cell]
        assert known & {header_key(str(cell)) for cell in cells} == set(), sheet.title
