"""The weekly analysis: figures of the marts in sentences, as a page and as PDF, to the managers and once."""

from __future__ import annotations

import csv
import re
import subprocess
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from exports.board.data import ALL
from exports.page.words import Words
from exports.report.content import Report
from exports.report.render import as_html, as_pdf
from exports.report.weekly import last_whole_week, weekly_reports
from exports.shelf import open_read_only
from tests.conftest import needs
from tests.exports.board.stores import AS_OF, LABELS, make_marts
from tests.exports.page.opened import WIDTHS, browser, opened

__all__ = ["browser"]

STORES = {"001": "西安曲江店", "002": '#1 *店* _a_ <b> & @ $x$ \\ "引号" [c] `d`'}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weekly")


@pytest.fixture(scope="module")
def words(folder: Path) -> Words:
    return make_marts(folder, STORES)


@pytest.fixture(scope="module")
def reports(folder: Path, words: Words) -> dict[str, Report]:
    return dict(weekly_reports(folder, words, "zh"))


def text_of(pdf: bytes, folder: Path) -> str:
    file = folder / "report.pdf"
    file.write_bytes(pdf)
    found = subprocess.run([needs("pdftotext"), "-layout", str(file), "-"], capture_output=True, text=True, check=True)
    return re.sub(r"\s+", "", found.stdout)


def test_the_figures_are_those_of_the_marts(folder: Path, reports: dict[str, Report]) -> None:
    for store, where in ((ALL, "true"), ("001", "store_id = '001'")):
        with open_read_only(folder / "analytics.duckdb") as connection:
            lost, due = connection.execute(
                f"select sum(never_quoted), sum(due_vehicles) from marts.kpi_quoted_monthly where {where} and expiry_month = date '2026-09-01'"
            ).fetchone()
            before = connection.execute(
                f"select sum(never_quoted), sum(due_vehicles) from marts.kpi_quoted_monthly where {where} and expiry_month = date '2026-08-01'"
            ).fetchone()
        section = next(section for section in reports[store].sections if "从未报价" in section.title)
        assert (
            f"{lost} 辆车" in section.paragraphs[0]
            and f"应续 {due} 辆的 {100 * lost / due:.1f} %" in section.paragraphs[0]
        )
        assert f"{before[0]:,} / {before[1]:,}" in section.paragraphs[1]


def test_it_begins_with_the_answer_what_costs_most_and_what_to_do(reports: dict[str, Report]) -> None:
    report = reports["001"]
    assert report.summary[0].startswith("2026-11:预计续保") and report.summary[1].startswith("损失最大:")
    assert report.summary[2] == report.sections[0].action
    assert report.sections[0].title.startswith("1. ") and report.sections[-1].title == "已结束各月续保率"
    assert "2026-11-16 至 2026-11-22" in report.subtitle and last_whole_week(date(2026, 11, 30)) == date(2026, 11, 23)
    rising = next(section for section in report.sections if "上升" in section.title)
    assert "“价格”上升到 9 辆" in rising.title and "3 / 37" in rising.paragraphs[1]
    assert any("PAIC" in section.title or "中国平安" in section.title for section in report.sections)


def test_concessions_are_in_it_only_where_the_store_shows_them(reports: dict[str, Report], tmp_path: Path) -> None:
    assert not any("让利" in section.title for report in reports.values() for section in report.sections)
    allowed = dict(weekly_reports(tmp_path, make_marts(tmp_path, STORES, benefits=True), "zh"))
    assert any("超过让利上限" in section.title for section in allowed["001"].sections)


def test_a_night_without_history_says_so_and_finds_nothing(tmp_path: Path) -> None:
    report = dict(weekly_reports(tmp_path, make_marts(tmp_path, STORES, filled=False), "zh"))[ALL]
    assert report.summary == ("还没有可以汇总的到期车辆。", "按现有数据本周没有发现问题。") and report.sections == ()
    assert as_pdf([report]).startswith(b"%PDF")


def test_page_and_pdf_say_the_same_and_odd_names_come_out_as_they_are(
    browser: Browser, reports: dict[str, Report], words: Words, tmp_path: Path
) -> None:
    report = reports["002"]
    printed = text_of(as_pdf([report]), tmp_path)
    page = tmp_path / "weekly.html"
    page.write_bytes(as_html(report, words))
    with opened(browser, page) as seen:
        shown = re.sub(r"\s+", "", seen.page.inner_text("body"))
    for section in report.sections:
        for line in (section.title, *section.paragraphs, section.action):
            assert re.sub(r"\s+", "", line) in printed and re.sub(r"\s+", "", line) in shown
    assert re.sub(r"\s+", "", STORES["002"]) in printed and re.sub(r"\s+", "", STORES["002"]) in shown


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_fits_every_screen(
    browser: Browser, reports: dict[str, Report], words: Words, tmp_path: Path, width: int
) -> None:
    page = tmp_path / "weekly.html"
    page.write_bytes(as_html(reports[ALL], words))
    with opened(browser, page, width) as seen:
        assert seen.overflow() == [] and seen.axe() == []


def test_the_same_night_gives_the_same_bytes(folder: Path, words: Words, reports: dict[str, Report]) -> None:
    again = dict(weekly_reports(folder, words, "zh"))
    assert again == reports
    assert as_pdf([again[ALL]]) == as_pdf([reports[ALL]]) and as_html(again[ALL], words) == as_html(reports[ALL], words)


def test_every_finding_has_its_words_in_both_languages() -> None:
    from exports.report.findings import RULES

    with LABELS.open(encoding="utf-8", newline="") as file:
        keys = {row["key"] for row in csv.DictReader(file)}
    for rule in RULES:
        name = rule.__name__
        assert {f"report.{name}", f"report.{name}.text", f"report.{name}.action"} <= keys


def test_in_english_no_chinese_is_left_but_names(folder: Path, words: Words) -> None:
    report = dict(weekly_reports(folder, words, "en"))["001"]
    text = " ".join(
        [
            report.title,
            *report.summary,
            *(line for section in report.sections for line in (section.title, *section.paragraphs, section.action)),
        ]
    )
    assert re.findall(r"[\u4e00-\u9fff]+", text.replace("西安曲江店", "")) == []
    assert AS_OF.isoformat() in report.subtitle
