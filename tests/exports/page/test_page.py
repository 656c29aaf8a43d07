"""The page that all pages stand on: two languages, light and dark, a chart and its table, nothing from outside."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import altair as alt
import pytest
from playwright.sync_api import Browser

from exports.page.charts import ROWS, colour, compiled, svg, vega_script
from exports.page.render import json_for_script, render
from exports.page.words import Words
from exports.wording import Night
from tests.exports.page.opened import WIDTHS, browser, opened

__all__ = ["browser"]

KEYS = {
    "page.as_of": ("数据截至 {as_of} 零点", "Data up to {as_of} 00:00"), "page.print": ("打印", "Print"),
    "page.theme": ("明暗", "Light / dark"), "page.skip": ("跳到正文", "Skip to content"),
    "call_list.internal": ("内部资料", "Internal"), "demo.title": ("续保看板 {store}", "Renewal board {store}"),
}  # fmt: skip
DEMO = """{% extends "base.html" %}
{% block title_zh %}看板{% endblock %}{% block title_en %}Board{% endblock %}
{% block heading %}{{ say('demo.title', store=store) }}{% endblock %}
{% block main %}<figure class="card" data-figure="rates"><div class="plot"></div><div class="rows scroll"></div></figure>
{% endblock %}
{% block scripts %}<script>{{ vega }}</script><script>{{ inline('figures.js') }}</script>
<script>const figure = {{ data(figure) }};const draw = () => Figures.show("rates", figure, figure.rows);
draw();Page.onLanguage(draw);</script>{% endblock %}
"""
ROWS_SHOWN = [
    {"segment": {"zh": "异地客户", "en": "Out of town"}, "rate": Decimal("0.6125"), "month": date(2026, 11, 1)},
    {"segment": {"zh": "上年度本店", "en": "Here last year"}, "rate": Decimal("0.75"), "month": date(2026, 11, 1)},
]


def chart(title: str) -> alt.Chart:
    return (
        alt.Chart(alt.NamedData(ROWS), width="container", height=120)
        .mark_bar(color=colour("c2"))
        .encode(alt.X("rate:Q", title=title, axis=alt.Axis(format="%")), alt.Y("segment:N", title=None))
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    (folder / "demo.html").write_text(DEMO, encoding="utf-8")
    labels = [{key: texts[at] for key, texts in KEYS.items()} for at in (0, 1)]
    words = Words(*(Night(date(2026, 11, 24), language, labels[at]) for at, language in enumerate(("zh", "en"))))
    figure = {
        "spec": {"zh": compiled(chart("续保率")), "en": compiled(chart("Renewal rate"))},
        "columns": [
            {"field": "segment", "zh": "客户类别", "en": "Segment"},
            {"field": "rate", "zh": "续保率", "en": "Renewal rate", "kind": "rate"},
        ],
        "rows": ROWS_SHOWN,
    }
    values = {"store": "<西安>店", "figure": figure, "vega": vega_script()}
    written = folder / "written.html"
    written.write_bytes(render("demo.html", words, folder, **values))
    assert written.read_bytes() == render("demo.html", words, folder, **values)
    return written


@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_fits_every_screen_and_speaks_both_languages(browser: Browser, page: Path, width: int) -> None:
    with opened(browser, page, width) as seen:
        assert seen.page.inner_text("h1") == "续保看板 <西安>店"
        seen.page.wait_for_selector("svg")
        assert seen.page.inner_text("tbody") == "异地客户\t61.3 %\n上年度本店\t75.0 %"
        assert "续保率" in seen.page.text_content("svg")
        seen.page.click("#language")
        assert seen.page.inner_text("h1") == "Renewal board <西安>店"
        assert seen.page.title() == "Board"
        seen.page.wait_for_function("document.querySelector('svg').textContent.includes('Renewal rate')")
        assert seen.page.inner_text("tbody") == "Out of town\t61.3 %\nHere last year\t75.0 %"
        assert seen.overflow() == []


@pytest.mark.parametrize("dark", [False, True])
def test_a_page_is_usable_by_everybody_light_and_dark(browser: Browser, page: Path, dark: bool) -> None:
    with opened(browser, page, dark=dark) as seen:
        seen.page.wait_for_selector("svg")
        assert seen.axe() == []
        ground = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(16, 22, 28)") is dark
        seen.page.click("#theme")
        assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") != ground


def test_a_value_cannot_end_the_script_it_stands_in() -> None:
    assert "</script" not in json_for_script(["</script><script>alert(1)</script>"])


def test_a_picture_for_a_report_has_its_own_colours() -> None:
    rows = [{"segment": "异地客户", "rate": 0.5}]
    drawn = svg(chart("续保率"), rows, 400)
    assert "var(--" not in drawn and "#d9822b" in drawn and "异地客户" in drawn
    assert drawn == svg(chart("续保率"), rows, 400)
