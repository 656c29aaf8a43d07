"""A bonus month is closed and never changes; what becomes known later is an adjustment in the next open month."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.closing import close_months
from tests.dbt_project.small_night import Night, Rows, project_copy, run_night
from tests.dbt_project.test_pay_and_call_list import change, cover

SELECT = "+kpi_staff_bonus_store_monthly +statement_adjustment"
NOVEMBER = "where month = date '2026-11-01'"
STAFF = {"staff_name": "甲", "store_id": "001", "role": "renewal_specialist", "valid_from": "2020-01-01"}
pytestmark = pytest.mark.slow


def entities(*more: dict[str, Any]) -> dict[str, Rows]:
    """Four vehicles due in November, two of them renewed with full cover in time; one due in December and in January."""
    policies = [
        *(row for number in (1, 2, 3, 4) for row in cover(number, "2026-11-20", "2025-11-10")),
        *(row for number in (1, 2) for row in cover(number, "2027-11-20", "2026-11-05")),
        *cover(5, "2026-12-20", "2025-12-10"),
        *cover(6, "2027-01-20", "2026-01-10"),
    ]
    stores = [{"store_id": "001", "store_name": "一店", "city": "西安", "plate_prefixes": "陕A"}]
    objection = {"decision_number": "D1", "store_id": "001", "manager_id": "S1", "decided_at": "2026-12-02 10:00:00",
                 "decision": "object", "subject": "statement", "staff_id": "S1", "statement_month": "2026-11-01",
                 "effective_on": "2026-12-02", "reason": "少一台"}  # fmt: skip
    staff = [STAFF | {"staff_id": "S1"}]
    return {"store": stores, "staff": staff, "policy": [*policies, *more], "manager_decision": [objection]}


def archives(home: Path) -> dict[str, Rows]:
    """What the closings so far froze, and that there were nights since the first of November."""
    read: dict[str, Rows] = {"night": [{"as_of": "2026-11-01", "status": "healthy", "_as_of": "2026-11-01"}]}
    for what in ("statement", "statement_line", "statement_plan"):
        files = [sorted(folder.glob("*.parquet"))[-1] for folder in sorted((home / "archive").glob(f"{what}/*-*"))]
        if files:
            rows = duckdb.execute("select * from read_parquet($1) order by all", [[str(f) for f in files]])
            names = [column[0] for column in rows.description]
            read[what] = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    return read


def closed(night: Night, as_of: str) -> int:
    (night.folder / "manifest.json").write_text(json.dumps({"as_of": as_of}))
    return close_months(night.folder)


def bonus(night: Night) -> list[tuple[Any, ...]]:
    return night.rows(
        "select renewable_vehicles, renewed_vehicles, bonus_amount::varchar, status, closes_on::varchar"
        f" from restricted.restricted.kpi_staff_bonus_monthly {NOVEMBER}"
    )


def adjustment(night: Night) -> list[tuple[Any, ...]]:
    return night.rows(
        "select paid_month::varchar, paid_amount::varchar, recomputed_amount::varchar, adjustment_amount::varchar, reason"
        f" from restricted.restricted.statement_adjustment {NOVEMBER}"
    )


def test_a_closed_month_stays_and_later_changes_are_paid_with_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of four: 2000 x 1.5 x 0.6 = 1,800. With vehicle 4 signed on 10 December (T+20) three of four:
    2000 x 1.5 x 1.8 = 5,400, so 3,600 more with December. When the renewal of vehicle 1 is cancelled in January it is
    1,800 again: 3,600 are taken back with January."""
    home = tmp_path / "home"
    monkeypatch.setenv("XUBAO_HOME", str(home))

    def night(as_of: str, *more: dict[str, Any]) -> Night:
        built = run_night(tmp_path / as_of, as_of, entities(*more), archives(home), select=SELECT)
        assert built.exit_code == 0, built.stderr
        return built

    early = night("2026-12-02")
    assert bonus(early) == [(4, 2, "1800.00", "awaiting_confirmation", "2026-12-03")]
    assert closed(early, "2026-12-02") == 0, "not before working day 3"

    due = night("2026-12-03")
    assert closed(due, "2026-12-03") == 1, "though S1 objects"
    assert closed(due, "2026-12-03") == 0, "a closed month is not closed twice"

    late = cover(4, "2027-11-20", "2026-12-10")
    after = night("2026-12-11", *late)
    assert bonus(after) == [(4, 2, "1800.00", "closed", "2026-12-03")]
    assert adjustment(after) == [("2026-12-01", "1800.00", "5400.00", "3600.00", "top_up:1")]
    told = (
        "select confirmed_on, objected_on::varchar, objection_note from restricted.restricted.kpi_staff_bonus_monthly"
    )
    assert after.rows(f"{told} {NOVEMBER}") == [(None, "2026-12-02", "少一台")], (
        "the manager sees it after the closing too"
    )
    people = (
        "select staff_members, confirmed_members, objecting_members from analytics.marts.kpi_staff_bonus_store_monthly"
    )
    assert after.rows(f"{people} {NOVEMBER}") == [(1, 0, 1)]
    reasons = f"select vin_last_6, reason from restricted.restricted.statement_line {NOVEMBER} order by 1"
    assert after.rows(reasons) == due.rows(reasons), "the lines of a closed statement stay too"
    totals = (
        f"select renewed_vehicles, bonus_amount::varchar from analytics.marts.kpi_staff_bonus_store_monthly {NOVEMBER}"
    )
    assert after.rows(totals) == [(2, "1800.00")]

    january = night("2027-01-04", *late)  # New Year's Day is no working day
    assert closed(january, "2027-01-04") == 2, "December's bonus, and November's adjustment with it"

    cancelled = [
        row | {"endorsement_number": f"E{n}", "endorsement_type": "cancellation", "signed_on": "2027-01-05"}
        for n, row in enumerate(cover(1, "2027-11-20", "2026-11-05"))
    ]
    last = night("2027-01-10", *late, *cancelled)
    assert bonus(last) == [(4, 2, "1800.00", "closed", "2026-12-03")]
    assert adjustment(last) == [("2027-01-01", "5400.00", "1800.00", "-3600.00", "reversed:1")]


def test_a_plan_that_is_edited_in_place_moves_no_closed_month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Base 2,000 becomes 1,000 and the tier above 90 % pays 1 instead of 1.5, without a new plan_id: November was paid
    1,800 and is recomputed to 1,800; December, still open, is 1,000 × 1 × 1.8 with its one vehicle renewed."""
    home = tmp_path / "home"
    monkeypatch.setenv("XUBAO_HOME", str(home))
    renewed = cover(5, "2027-12-20", "2026-12-01")
    due = run_night(tmp_path / "due", "2026-12-03", entities(*renewed), select=SELECT,
                    archives=archives(home))  # fmt: skip
    assert due.exit_code == 0, due.stderr
    closed(due, "2026-12-03")

    project = project_copy(tmp_path / "edited")
    seeds = project / "dbt_project" / "seeds" / "pay"
    change(seeds / "bonus_plan.csv", "2000.00", "1000.00")
    change(seeds / "bonus_tier.csv", "true,1.5000,1.5000,step\nbonus-l209,attainment,1", "true,1.0000,1.0000,step\nbonus-l209,attainment,1")  # fmt: skip
    after = run_night(tmp_path / "after", "2026-12-04", entities(*renewed), archives(home), project, select=SELECT)
    assert after.exit_code == 0, after.stderr
    assert bonus(after) == [(4, 2, "1800.00", "closed", "2026-12-03")]
    assert adjustment(after) == []
    december = "select bonus_amount::varchar from restricted.restricted.kpi_staff_bonus_monthly"
    assert after.rows(f"{december} where month = date '2026-12-01'") == [("1800.00",)]


def test_a_break_between_the_files_of_a_closing_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("XUBAO_HOME", str(home))
    night = run_night(tmp_path / "night", "2026-12-03", entities(), archives(home), select=SELECT)
    closed(night, "2026-12-03")
    whole = archives(home)
    for file in (home / "archive" / "statement").rglob("*.parquet"):
        file.unlink()
    assert closed(night, "2026-12-03") == 1
    assert archives(home) == whole
