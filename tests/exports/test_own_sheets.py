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
from exports.own_sheets import months_so_far
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
        month = months_so_far(build, AS_OF).get((person["store_id"], staff_id))
        data = call_list_workbook(person, rows, load_night(build, AS_OF, language), month=month)
        return openpyxl.load_workbook(io.BytesIO(data))

    return make


def test_the_promised_sheet_holds_the_rows_with_an_agreed_day_the_earliest_first(book: Callable[..., Any]) -> None:
    earlier = "update restricted.call_list set next_contact_on = date '2026-11-23' where row_id = 'r5'"
    sheet = book(restricted=earlier)["约定回访"]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [(row[0], row[1]) for row in rows] == [(datetime(2026, 11, 23), 5), (datetime(2026, 11, 24), 1)]
    assert rows[0][3] == "13912345678"


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
