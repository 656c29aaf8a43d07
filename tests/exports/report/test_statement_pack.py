"""Everybody's statement with its lines and three signatures: to the person and the managers, once for each state."""

from __future__ import annotations

import re
import stat
import subprocess
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from exports.audit import audit
from exports.deliver import deliver
from exports.outbox import fill_outbox
from exports.page.words import load_words
from exports.publish import publish
from exports.report.render import as_html, as_pdf
from exports.report.shelf import kept
from exports.report.statement import bounds, months_to_state, statement_report, statements
from exports.report.steps import NightIsPastError, statements_step, weekly_step
from exports.steps import ReportsNotDeliveredError, deliver_reports_step, reports_step
from ingest.home import read_json
from tests.conftest import needs
from tests.exports.page.opened import browser, opened

__all__ = ["browser"]

AS_OF = date(2026, 11, 24)
OCTOBER = date(2026, 10, 1)
SEED = Path(__file__).resolve().parents[3] / "dbt_project" / "seeds" / "pay" / "bonus_tier.csv"
ROWS = f"""
update restricted.kpi_staff_bonus_monthly set plan_id = 'bonus-l209', tier_a = 3, tier_b = 2, coefficient_a = 1, coefficient_b = 0.6,
    base_amount = 2000, closes_on = date '2026-11-26' where month = date '2026-10-01';
insert into restricted.statement_plan by name select '001' as store_id, date '2026-10-01' as month, * from read_csv('{SEED}');
insert into restricted.statement_line by name select '001' as store_id, 'S1' as staff_id, '赵#伟*<b>' as staff_name,
    'renewal_specialist' as role, date '2026-10-01' as month, i as line_number, 'LSVAA4182E2123456' as vin, 'T' || i as plate_tail,
    '123456' as vin_last_6, '98765' || i as policy_tail, date '2026-10-20' as expires_on,
    case when i < 3 then date '2026-10-10' end as signed_on, i = 1 as is_full_cover, i < 3 as is_counted,
    if(i < 3, '计入', '不计入:尚未续保') as reason_zh, 'x' as reason_en from range(1, 41) as t (i);
update restricted.list_recipient set staff_name = '赵#伟*<b>' where staff_id = 'S1';
update restricted.call_list_recipient set staff_name = '赵#伟*<b>' where staff_id = 'S1';
insert into restricted.statement_adjustment by name select '001' as store_id, 'S1' as staff_id, 'renewal_specialist' as role,
    date '2026-09-01' as month, date '2026-10-01' as paid_month, 1000 as paid_amount, 850 as recomputed_amount,
    -150 as adjustment_amount, '冲回' as reason;
"""


@pytest.fixture
def night(make_build: Callable[..., Path]) -> Path:
    build = make_build(restricted=ROWS)
    audit(build)
    return publish(build, rebuild=False)


def test_a_statement_shows_figures_tiers_adjustments_lines_and_where_to_object(
    night: Path, tmp_path: Path, browser: Browser
) -> None:
    assert months_to_state(night, AS_OF) == [("001", OCTOBER, "awaiting_confirmation")]
    [statement] = statements(night, "001", OCTOBER, "awaiting_confirmation")
    words = load_words(night, AS_OF)
    report = statement_report(statement, words.zh)
    facts = dict(report.facts)
    assert facts["可续保标的"] == "200" and facts["达成率"] == "50.00 %" and facts["奖金"] == "1,200.00"
    assert facts["调整金额"] == "-150.00" and facts["本月应发(元)"] == "1,050.00"
    tiers, adjustments, vehicles, objection = report.sections
    assert [tiers.table.rows[at][:3] for at in tiers.table.marked] == [
        ("达成率 B", "2", "≥ 30 %, < 60 %"),
        ("全保率 A", "3", "= 90 %"),
    ]
    assert adjustments.table.rows == (("2026-09", "1,000.00", "850.00", "-150.00", "冲回"),)
    assert len(vehicles.table.rows) == 40 and "共 40 行,其中计入 2 行" in vehicles.paragraphs[0]
    assert vehicles.table.rows[0] == ("1", "T1", "123456", "987651", "2026-10-20", "2026-10-10", "是", "计入")
    assert "2026-11-26" in objection.paragraphs[0]
    assert report.signatures == ("本人签字 2026-11-02", "保险经理签字 2026-11-03", "总经理签字")
    pdf = tmp_path / "statement.pdf"
    pdf.write_bytes(as_pdf([report]))
    text = subprocess.run(
        [needs("pdftotext"), "-layout", str(pdf), "-"], capture_output=True, text=True, check=True
    ).stdout
    assert text.count("行号") == 2, "the header of the lines is repeated on the second page"
    assert (
        "赵#伟*<b>" in re.sub(r"\s", "", text)
        and "1,050.00" in text
        and "2/2" in re.sub(r"\s", "", text)
        and "LSVAA4182E" not in text
    )
    page = tmp_path / "statement.html"
    page.write_bytes(as_html(report, words))
    with opened(browser, page, 390) as seen:
        assert "赵#伟*<b>" in seen.page.inner_text("header") and seen.overflow() == [] and seen.axe() == []


@pytest.mark.parametrize(
    ("tier", "text"),
    [
        (("0", True, "30", False), "≥ 0 %, < 30 %"),
        (("60", False, "70", True), "> 60 %, ≤ 70 %"),
        (("60", True, "60", True), "= 60 %"),
        (("70", False, "1000000", True), "> 70 %"),
        (("67.50", True, "90", False), "≥ 67.5 %, < 90 %"),
    ],
)
def test_bounds_read_as_the_plan_means_them(tier: tuple[Any, ...], text: str) -> None:
    lower, lower_inclusive, upper, upper_inclusive = tier
    row = {"lower_percent": Decimal(lower), "lower_inclusive": lower_inclusive, "upper_percent": Decimal(upper),
           "upper_inclusive": upper_inclusive}  # fmt: skip
    assert bounds(row) == text


def names(home: Path, recipient: str) -> list[str]:
    return [file["name"] for file in read_json(home / "outbox" / str(AS_OF) / recipient / "manifest.json")["files"]]


def test_statements_go_to_the_person_and_the_managers_once(home: Path, night: Path) -> None:
    fill_outbox(AS_OF)
    deliver(AS_OF, "folder")
    assert reports_step(str(night), statements_step(str(night))) > 0
    own = "statement_001_S1_renewal_specialist_202610_confirm"
    assert {f"{own}.pdf", f"{own}.html"} <= set(names(home, "S1"))
    for manager in ("M1", "general_manager"):
        assert "statements_001_202610_confirm.pdf" in names(home, manager) and f"{own}.pdf" not in names(home, manager)
    assert not any("statement" in name for name in names(home, "S2"))
    files = list((home / "reports").rglob("*.*"))
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert deliver(AS_OF, "folder")["delivered"] == 4, "two for the person, one for each manager, nothing else again"
    assert deliver(AS_OF, "folder")["delivered"] == 0
    before = {file: file.read_bytes() for file in files}
    statements_step(str(night))
    assert {file: file.read_bytes() for file in files} == before


def test_a_later_night_in_the_same_state_writes_none_and_the_closed_month_its_final_ones(
    home: Path, night: Path, make_build: Callable[..., Path]
) -> None:
    assert statements_step(str(night)) == 4
    for number, (state, written) in enumerate((("awaiting_confirmation", 0), ("closed", 4)), start=25):
        sql = (
            ROWS + f"update restricted.kpi_staff_bonus_monthly set status = '{state}' where month = date '2026-10-01';"
        )
        build = make_build(f"b{number}", as_of=f"2026-11-{number}", restricted=sql)
        audit(build)
        folder = publish(build, rebuild=False)
        assert statements_step(str(folder)) == written, state
    assert [file.name for file in (home / "reports" / "statements" / "2026-11-26" / "M1").iterdir()] == [
        "statements_001_202610_final.pdf"
    ]


def test_the_weekly_analysis_joins_the_outbox_and_a_rebuild_writes_none(
    home: Path, night: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reports_step(str(night), weekly_step(str(night))) > 0
    reports = [name for name in names(home, "general_manager") if name.startswith("weekly_report")]
    assert reports == [
        f"weekly_report_{place}_20261124.{kind}" for place in ("001", "002", "group") for kind in ("html", "pdf")
    ]
    assert [name for name in names(home, "M1") if "weekly" in name] == [
        "weekly_report_001_20261124.html",
        "weekly_report_001_20261124.pdf",
    ]
    assert re.search(
        r"续保分析报告", (home / "reports/weekly/2026-11-24/M1/weekly_report_001_20261124.html").read_text()
    )
    monkeypatch.setattr("exports.report.steps.is_rebuild", lambda day: True)
    assert statements_step(str(night)) == 0
    with pytest.raises(NightIsPastError, match="make nightly"):
        weekly_step(str(night))


def test_a_report_takes_no_old_list_along(home: Path, night: Path) -> None:
    fill_outbox(AS_OF)
    waiting = reports_step(str(night), weekly_step(str(night)))
    deliver_reports_step("folder", str(night), 0)
    assert not (home / "delivered").exists()
    deliver_reports_step("folder", str(night), waiting)
    delivered = {file.name for file in (home / "delivered").rglob("*.*")}
    assert delivered and all(name.startswith("weekly_report") for name in delivered)
    assert deliver(AS_OF, "folder")["delivered"] > 0, "the night itself delivers the rest"


def test_reports_that_do_not_arrive_are_told(home: Path, night: Path) -> None:
    waiting = reports_step(str(night), weekly_step(str(night)))
    file = next((home / "outbox" / str(AS_OF) / "M1").glob("weekly_report*.pdf"))
    file.write_bytes(b"x")
    with pytest.raises(ReportsNotDeliveredError, match="folder: M1/weekly_report_001"):
        deliver_reports_step("folder", str(night), waiting)


def test_what_a_break_left_half_written_is_no_report(home: Path, night: Path) -> None:
    weekly_step(str(night))
    whole = list(kept(AS_OF))
    (home / "reports" / "weekly" / str(AS_OF) / "M1" / ".weekly_report_001.pdf.123.tmp").write_bytes(b"x")
    assert list(kept(AS_OF)) == whole


def test_each_store_closes_by_its_own_calendar(home: Path, night: Path, make_build: Callable[..., Path]) -> None:
    second = (
        ROWS
        + """
        insert into restricted.kpi_staff_bonus_monthly by name select * replace ('002' as store_id, 'S2' as staff_id)
        from restricted.kpi_staff_bonus_monthly where month = date '2026-10-01';
        update restricted.kpi_staff_bonus_monthly set status = 'closed' where month = date '2026-10-01' and store_id = '{store}';
    """
    )
    for number, store in ((25, "001"), (26, "002")):
        build = make_build(f"b{number}", as_of=f"2026-11-{number}", restricted=second.format(store=store))
        audit(build)
        statements_step(str(publish(build, rebuild=False)))
        finals = [
            file.name
            for file in (home / "reports/statements" / f"2026-11-{number}" / "general_manager").glob("*_final.pdf")
        ]
        assert finals == [f"statements_{store}_202610_final.pdf"]
