"""Churn and win-back of the ten vehicles, and a forecast from four small months, checked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.dbt_project import group
from tests.dbt_project.small_night import Night, run_night


def test_who_churned_and_who_can_be_won_back(desk_night: Night) -> None:
    """Of 7 insured here V01 is kept; V04 and V05 went elsewhere, V07 was cancelled on 1 October. These three are in no
    open cohort; V06 was sold. Their covers ended on 20 November (4 days ago) and 1 October (54 days)."""
    churn = """select insured_here, kept, churned, churned_elsewhere, lapsed_before, won_back
        from analytics.marts.kpi_churn_monthly where expiry_month = date '2026-11-01'"""
    assert desk_night.exit_code == 0, desk_night.stderr
    assert desk_night.rows(churn) == [(7, 1, 3, 2, 0, 0)]
    lapsed = """select vin, insured_until, lapsed_days, last_outcome from analytics.marts.fct_win_back
        inner join work.intermediate.int_due_contact using (vehicle_key) order by vin"""
    assert desk_night.rows(lapsed) == [
        ("V04", date(2026, 11, 20), 4, "renewed_elsewhere"),
        ("V05", date(2026, 11, 20), 4, "renewed_elsewhere"),
        ("V07", date(2026, 10, 1), 54, "lost"),
    ]


def test_the_forecast_learns_from_matured_months_and_is_tested_on_them(tmp_path: Path) -> None:
    """Four vehicles expire on the 20th of each month from May to November 2026 at store 001. Of each month one renews
    on the 10th, before the 24th, and one on the 28th, after it; in November only the first has come.
    At day 23 of a matured month 1 of 4 is renewed, of the other 3 one still comes: November 1 + 3 × 1/3 = 2, range
    2 to 2 (all months alike). October matures on 1 December: the cohorts are May to September = 5.
    Back-test of September: on 1 and 16 September May, June and July (matured on 31 August) had matured, on 1 October
    August too; on 2 August (day -30) only two: no forecast. Day 0: 0 + 4 × 6/12 = 2; day 15: 1 + 3 × 3/9 = 2; day 30:
    all are signed, 2 + 2 × 0/8 = 2. 2 came."""
    policies = []
    for month in range(5, 12):
        for number in range(4):
            vin, last = f"W{month:02d}{number}", f"2025-{month:02d}-01"
            policies.append(group.policy(f"1{month:02d}{number}", vin, last, f"2025-{month:02d}-21",
                                         f"2026-{month:02d}-20"))  # fmt: skip
            day = {0: 10, 1: 28}.get(number)
            if day:
                policies.append(group.policy(f"2{month:02d}{number}", vin, f"2026-{month:02d}-{day}",
                                             f"2026-{month:02d}-21", f"2027-{month:02d}-20"))  # fmt: skip
    night = run_night(tmp_path, group.AS_OF, {"store": group.entities()["store"], "policy": policies})
    assert night.exit_code == 0, night.stderr
    forecast = """select days_in, due_vehicles, renewed_so_far, cohorts, expected_renewed, low_renewed, high_renewed
        from analytics.marts.kpi_landing_forecast_monthly
        where store_id = '001' and expiry_month = date '2026-11-01'"""
    [row] = night.rows(forecast)
    assert row == (23, 4, 1, 5, Decimal("2.0"), 2, 2)
    backtest = """select days_in, cohorts, renewed_by_then, expected_renewed, renewed_here, error_vehicles,
        is_within_range from analytics.marts.kpi_landing_backtest_monthly
        where store_id = '001' and expiry_month = date '2026-09-01' order by days_in"""
    assert night.rows(backtest) == [
        (0, 3, 0, Decimal("2.0"), 2, Decimal("0.0"), True),
        (15, 3, 1, Decimal("2.0"), 2, Decimal("0.0"), True),
        (30, 4, 2, Decimal("2.0"), 2, Decimal("0.0"), True),
    ]
