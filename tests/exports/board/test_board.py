"""The board shows what the marts say, to everybody, on every screen, and nothing that a store has not allowed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from exports.board.data import ALL
from exports.shelf import open_read_only
from tests.exports.board.stores import AS_OF, make_marts, write
from tests.exports.page.opened import WIDTHS, browser, opened

__all__ = ["browser"]

STORES = {
    "001": "西安曲江店",
    "0<2": "名字很长很长很长很长很长很长很长很长很长的门店 & '分号';\"引号\"<b>",
    "003": "咸阳秦都店",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A group of three stores whose switches for benefits are off, and its board."""
    made = tmp_path_factory.mktemp("board")
    write(made, make_marts(made, STORES))
    return made


@pytest.fixture(scope="module")
def with_benefits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("benefits")
    write(made, make_marts(made, STORES, benefits=True))
    return made


def ask(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with open_read_only(folder / "analytics.duckdb") as connection:
        return connection.execute(query).fetchall()


def tile(page: Page, name: str) -> str:
    return page.inner_text(f"[data-tile={name}]")


def table(page: Page, figure: str) -> list[list[str]]:
    """The cells of a figure's table, without its header."""
    return page.evaluate(
        "(name) => [...document.querySelectorAll(`[data-figure=${name}] tbody tr`)].map((row) => [...row.cells].map((cell) => cell.textContent))",
        figure,
    )


@pytest.mark.parametrize("store", [ALL, *STORES])
def test_numbers_on_the_page_are_those_of_the_marts(browser: Browser, folder: Path, store: str) -> None:
    mine = "true" if store == ALL else f"store_id = '{store}'"
    month = f"{mine} and expiry_month = date '2026-11-01'"
    due, renewed = ask(
        folder, f"select sum(due_vehicles), sum(renewed_here) from marts.kpi_renewal_rate_monthly where {month}"
    )[0]
    target = ask(
        folder, f"select sum(target_vehicles) from marts.kpi_target_attainment_monthly where tier = 'base' and {month}"
    )
    expected, low, high = ask(
        folder, f"select sum(expected_renewed), sum(low_renewed), sum(high_renewed) from marts.kpi_landing_forecast_monthly where {month}"
    )[0]  # fmt: skip
    with opened(browser, folder / "board" / "index.html") as seen:
        seen.page.select_option("#store", store)
        assert tile(seen.page, "due_vehicles") == str(due) and tile(seen.page, "renewed_here") == str(renewed)
        assert tile(seen.page, "renewal_rate") == f"{100 * renewed / due:.1f} %"
        assert tile(seen.page, "target_vehicles") == str(target[0][0])
        assert tile(seen.page, "expected_renewed") == f"{expected:.1f}"
        assert seen.page.inner_text("[data-under=expected_renewed]") == f"{low} – {high}"
        segments = ask(folder, f"""
            select sum(renewed_here), sum(due_vehicles) from marts.kpi_renewal_rate_monthly inner join marts.dim_segment
            using (segment) where {mine} and expiry_month = date '2026-09-01' group by segment, priority order by priority
        """)  # fmt: skip
        assert [row[1:3] for row in table(seen.page, "segments")] == [[str(value) for value in row] for row in segments]
        stages = ask(folder, f"""
            select sum(due_vehicles), sum(quoted), sum(renewed_here), sum(quoted_not_closed), sum(never_quoted)
            from marts.kpi_quoted_monthly where {mine} and expiry_month = date '2026-09-01'
        """)[0]  # fmt: skip
        assert [row[1] for row in table(seen.page, "funnel")] == [str(value) for value in stages]
        premiums = ask(folder, f"""
            select sum(premium_amount) as premium from marts.kpi_insurer_share_monthly
            where {mine} and expiry_month = date '2026-09-01' group by insurer_code order by premium desc
        """)  # fmt: skip
        assert [row[2] for row in table(seen.page, "insurers")] == [f"{row[0]:,.2f}" for row in premiums]
        months = ask(folder, f"""
            select sum(renewed_here), sum(due_vehicles) from marts.kpi_renewal_rate_monthly where {mine} and is_matured
            and expiry_month > date '2025-08-01' group by expiry_month order by expiry_month
        """)  # fmt: skip
        assert [row[1:3] for row in table(seen.page, "trend")] == [[f"{value:,}" for value in row] for row in months]
        assert len(months) == 13
        lost = ask(
            folder,
            f"select sum(lost_vehicles) from marts.kpi_loss_monthly where {mine} and month between date '2026-10-01' and date '2026-11-01'",
        )
        assert sum(int(row[1].replace(",", "")) for row in table(seen.page, "losses")) == lost[0][0]
        on_time = ask(folder, f"""
            select sum(called_on_time), sum(logged_rows) from marts.kpi_follow_up_daily where {mine}
            group by list_for_on order by list_for_on desc limit 10
        """)[::-1]  # fmt: skip
        assert [row[4] for row in table(seen.page, "follow_up")] == [str(row[0]) for row in on_time]
        assert seen.page.is_visible("[data-figure=stores]") is (store == ALL)


def test_the_answer_comes_first_and_follows_the_store(browser: Browser, folder: Path) -> None:
    expected, target = ask(folder, """
        select f.expected_renewed, t.target_vehicles from marts.kpi_landing_forecast_monthly as f
        inner join marts.kpi_target_attainment_monthly as t using (store_id, expiry_month)
        where store_id = '001' and expiry_month = date '2026-11-01' and tier = 'base'
    """)[0]  # fmt: skip
    with opened(browser, folder / "board" / "index.html") as seen:
        whole = seen.page.inner_text("#answers")
        seen.page.select_option("#store", "001")
        mine = seen.page.inner_text("#answers")
        assert whole != mine and f"预计续保 {expected} 辆" in mine and f"目标 {target} 辆" in mine
        assert "从未报价" in mine and seen.page.url.endswith("#store=001")


def test_a_wall_screen_opens_on_its_store(browser: Browser, folder: Path) -> None:
    with opened(browser, folder / "board" / "index.html") as seen:
        seen.page.goto(seen.page.url + "#store=003")
        seen.page.reload()
        assert seen.page.input_value("#store") == "003"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_board_fits_every_screen_in_both_languages(browser: Browser, folder: Path, width: int) -> None:
    with opened(browser, folder / "board" / "index.html", width) as seen:
        seen.page.wait_for_selector("[data-figure=hotline] svg")
        assert seen.overflow() == []
        seen.page.click("#language")
        seen.page.select_option("#store", "0<2")
        seen.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert seen.page.title() == f"Renewal board {AS_OF}"
        text = seen.page.inner_text("main")
        owners = {"人保", "王经理", "李工", *STORES.values()}
        for known in sorted(owners, key=len, reverse=True):
            text = text.replace(known, "")
        assert re.findall(r"[\u4e00-\u9fff]+", text) == []
        assert seen.overflow() == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["index.html", "showroom_001.html"])
def test_the_board_is_usable_by_everybody(browser: Browser, with_benefits: Path, name: str, dark: bool) -> None:
    with opened(browser, with_benefits / "board" / name, dark=dark) as seen:
        seen.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert seen.axe() == []


def test_the_board_prints_without_its_buttons(browser: Browser, folder: Path) -> None:
    with opened(browser, folder / "board" / "index.html", dark=True) as seen:
        seen.page.emulate_media(media="print")
        assert not seen.page.is_visible("#store") and seen.page.is_visible("[data-figure=landing]")
        assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_concessions_are_on_the_board_only_where_the_store_allows_it(folder: Path, with_benefits: Path) -> None:
    without, allowed = ((each / "board" / "index.html").read_text(encoding="utf-8") for each in (folder, with_benefits))
    assert "让利" not in re.sub(r"保险公司与让利", "", without) and "planned_share" not in without
    assert "实际让利与阶梯计划" in allowed and '"planned_share"' in allowed


def test_the_showroom_shows_countdown_and_heroes_of_its_store_only(browser: Browser, with_benefits: Path) -> None:
    with opened(browser, with_benefits / "board" / "showroom_001.html", 1920) as seen:
        text = seen.page.inner_text("body")
        assert "6 天" in " ".join(text.split()) and "感恩续保月" in text and "续保客户英雄榜 · 3 位" in text
        assert all(f"001-A{number}" in text for number in range(3)) and "001-A3" not in text and "003-A" not in text
        assert "内部资料" not in text
        assert seen.overflow() == []
    assert (with_benefits / "board" / "showroom_0%3C2.html").exists()


def test_customers_see_nothing_of_a_campaign_that_legal_has_not_cleared(folder: Path) -> None:
    page = (folder / "board" / "showroom_001.html").read_text(encoding="utf-8")
    assert "感恩续保月" not in page and "001-A" not in page and "欢迎光临" in page


@pytest.mark.parametrize("width", WIDTHS)
def test_an_empty_night_says_in_words_what_is_missing(browser: Browser, tmp_path: Path, width: int) -> None:
    board = write(tmp_path, make_marts(tmp_path, STORES, filled=False))
    with opened(browser, board / "index.html", width) as seen:
        assert seen.page.inner_text("#answers") == "还没有可以汇总的到期车辆。"
        assert "还没有结束的到期月" in seen.page.inner_text("[data-figure=trend]")
        assert seen.page.query_selector("svg") is None and tile(seen.page, "due_vehicles") == "–"
        assert seen.overflow() == []


def test_steps_older_than_the_first_list_are_not_judged(browser: Browser, tmp_path: Path) -> None:
    import duckdb

    words = make_marts(tmp_path, STORES)
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{tmp_path / 'analytics.duckdb'}' as made; update made.marts.fct_night set as_of = date '2026-11-20'"
        )
    with opened(browser, write(tmp_path, words) / "index.html") as seen:
        assert "早于第一份名单(2026-11-20)" in seen.page.inner_text("[data-figure=cascade]")


def test_the_same_marts_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    words = make_marts(tmp_path, STORES)
    again = write(tmp_path, words)
    pages = sorted(file.name for file in again.iterdir())
    assert pages == sorted(file.name for file in (folder / "board").iterdir())
    assert all((again / name).read_bytes() == (folder / "board" / name).read_bytes() for name in pages)
