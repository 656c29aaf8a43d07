"""A person's own page shows that person's month and pay, on a phone, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser

from exports.own_page import Own, gauge, own_page, own_pages, vehicles_to_next_tier
from exports.page.words import load_words
from tests.exports.page.opened import WIDTHS, browser, opened

__all__ = ["browser"]

AS_OF = date(2026, 11, 24)
PLAN = """
insert into restricted.statement_plan by name
    select '001' as store_id, date '2026-11-01' as month, plan_id, metric, tier, lower_percent, lower_inclusive, upper_percent,
        upper_inclusive, coefficient_lower, coefficient_upper, 1.0 as bonus_target_multiplier
    from read_csv('{seed}');
update restricted.kpi_staff_bonus_monthly set tier_b = 3, tier_a = 2, coefficient_b = 1, coefficient_a = 0.8, plan_id = 'bonus-l209'
    where month = date '2026-11-01';
insert into restricted.statement_adjustment by name select '001' as store_id, 'S1' as staff_id, 'renewal_specialist' as role,
    date '2026-08-01' as month, date '2026-11-01' as paid_month, -150.5 as adjustment_amount;
insert into restricted.kpi_staff_bonus_monthly by name select '001' as store_id, 'X9' as staff_id, 'renewal_specialist' as role,
    date '2026-11-01' as month, 7777.77 as bonus_amount, 10 as renewable_vehicles, 5 as renewed_vehicles, 'provisional' as status;
""".format(seed=Path(__file__).resolve().parents[2] / "dbt_project" / "seeds" / "pay" / "bonus_tier.csv")
DUE = """
insert into marts.fct_due_vehicle by name select '001' as store_id, md5('b' || i) as vehicle_key, 'S1' as book_owner,
    date '2026-12-01' as expiry_month, (['renewed_here', 'open', 'lost', 'renewed_elsewhere'])[1 + i % 4] as outcome
    from range(6) as t (i);
"""


@pytest.fixture
def build(make_build: Callable[..., Path]) -> Path:
    return make_build(restricted=PLAN, analytics=DUE)


def page_of(build: Path, staff: str) -> bytes:
    words = load_words(build, AS_OF)
    return own_page(next(own for own in own_pages(build, AS_OF) if own.person["staff_id"] == staff), words)


@pytest.fixture
def page(build: Path, tmp_path: Path) -> Path:
    file = tmp_path / "own.html"
    file.write_bytes(page_of(build, "S1"))
    return file


@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_shows_the_month_the_pay_and_the_work_of_its_person(browser: Browser, page: Path, width: int) -> None:
    with opened(browser, page, width) as seen:
        text = " ".join(seen.page.inner_text("body").split())
        assert "赵伟 (S1)" in text and "800.00" in text and "试算" in text and "+13.00" in text and "-150.50" in text
        assert "60.0 % 60 / 100" in text and "再续 1 台进入更高一档" in text and "第 3 档(共 5 档)" in text
        assert "2026-12 6 2 2 2" in text, "due, renewed, open, lost"
        assert "8 个电话" in text and "2026-11-23 40 30 32 / 40 20" in text
        assert "2026-10 50.0 % 90 % 1,200.00 待本人确认" in text
        assert seen.overflow() == [] and seen.axe() == []
        seen.page.click("#language")
        assert "My month" in seen.page.inner_text("h1") and seen.overflow() == []


def test_nobody_sees_anothers_pay_nor_what_a_basic_renewal_would_cost(build: Path, page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert (
        "7,777.77" not in text
        and "X9" not in text
        and "1500" not in text.replace(",", "")
        and "13912345678" not in text
    )
    assert len(text.encode()) < 60_000


def test_who_is_away_and_who_has_no_pay(build: Path) -> None:
    found = {own.person["staff_id"]: own for own in own_pages(build, AS_OF)}
    assert set(found) == {"S1", "S2"}, "X9 has pay and is not at work; S2 has a list and no pay"
    assert "本月没有按续保计算的奖金" in page_of(build, "S2").decode()


def test_the_same_night_gives_the_same_bytes(build: Path) -> None:
    assert page_of(build, "S1") == page_of(build, "S1")


def test_a_revision_says_so(build: Path) -> None:
    own = next(own_pages(build, AS_OF))
    assert "第2版" in own_page(own, load_words(build, AS_OF), "第2版").decode()


def tiers(multiplier: str = "1") -> list[dict[str, Any]]:
    """The attainment of the plan (L209)."""
    bounds = [(1, 0, True, 30, False), (2, 30, True, 60, False), (3, 60, True, 60, True), (4, 60, False, 70, True),
              (5, 70, False, 1000000, True)]  # fmt: skip
    names = ("tier", "lower_percent", "lower_inclusive", "upper_percent", "upper_inclusive")
    return [
        {"metric": "attainment", "bonus_target_multiplier": Decimal(multiplier)}
        | {name: Decimal(value) if "percent" in name else value for name, value in zip(names, row, strict=True)}
        for row in bounds
    ]


def tier_of(renewed: int, renewable: int, rows: list[dict[str, Any]]) -> int:
    for row in rows:
        value = renewed * 100
        low, top = (
            row[name] * row["bonus_target_multiplier"] * renewable for name in ("lower_percent", "upper_percent")
        )
        if (value > low or (value == low and row["lower_inclusive"])) and (
            value < top or (value == top and row["upper_inclusive"])
        ):
            return row["tier"]
    raise AssertionError


@given(st.integers(1, 300), st.data(), st.sampled_from(["1", "0.9", "1.25"]))
def test_so_many_more_renewals_reach_a_higher_tier_and_one_less_does_not(
    renewable: int, data: Any, multiplier: str
) -> None:
    renewed, rows = data.draw(st.integers(0, renewable)), tiers(multiplier)
    now = tier_of(renewed, renewable, rows)
    higher = [more for more in range(1, renewable - renewed + 1) if tier_of(renewed + more, renewable, rows) > now]
    assert vehicles_to_next_tier(renewed, renewable, now, rows) == min(higher, default=None)


def test_a_month_without_a_rate_has_an_empty_gauge() -> None:
    now = {
        "attainment_rate": None,
        "tier_b": None,
        "coefficient_b": None,
        "renewed_vehicles": 0,
        "renewable_vehicles": 0,
    }
    assert gauge("attainment", now, tiers())["percent"] is None
    assert vehicles_to_next_tier(0, 0, None, []) is None
    assert Own({"store_id": "1", "staff_id": "a"}).file_name == "my_month_1_a"
