"""Concessions, gifts and services of six renewals, checked by hand (the arithmetic is in group_offer.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dbt_project import group_offer
from tests.dbt_project.small_night import Night, run_night

NOVEMBER = "where expiry_month = date '2026-11-01'"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Night:
    built = run_night(tmp_path_factory.mktemp("offer"), group_offer.AS_OF, group_offer.entities(), state=parsed_project)
    assert built.exit_code == 0, built.stderr
    return built


def test_six_equals_share_out_the_ladder_by_a_stable_hash(night: Night) -> None:
    sql = f"""select vin, propensity_rank, ceiling_step, ceiling_rate::varchar
        from work.intermediate.int_concession_ceiling {NOVEMBER} order by propensity_rank"""
    assert night.rows(sql) == [
        ("A6", 1, 1, "0.0000"),
        ("A4", 2, 2, "0.0800"),
        ("A1", 3, 3, "0.1000"),
        ("A3", 4, 3, "0.1000"),
        ("A2", 5, 4, "0.1300"),
        ("A5", 6, 5, "0.1400"),
    ]


def test_an_open_vehicle_is_persuaded_first(night: Night) -> None:
    sql = f"""select ceiling_step, objections, recommended_step, recommended_rate::varchar
        from analytics.marts.fct_concession_ceiling {NOVEMBER} and outcome = 'open'"""
    assert night.rows(sql) == [(3, 0, 1, "0.0000")]


def test_each_recorded_concession_is_judged_with_its_gift(night: Night) -> None:
    sql = f"""select concession_number, total_amount::varchar, total_rate::varchar, step, authorisation,
        is_above_ceiling, is_given_without_need
        from analytics.marts.fct_concession {NOVEMBER} order by concession_number"""
    assert night.rows(sql) == [
        ("C-A2", "400.00", "0.100000", 3, "approved", False, False),
        ("C-A3", "650.00", "0.130000", 4, "above_approver", True, False),
        ("C-A5", "100.00", "0.033333", 2, "own_authority", False, False),
        ("C-A6", "240.00", "0.080000", 2, "own_authority", True, True),
    ]


def test_the_average_is_by_vehicle_and_by_premium_and_leaves_the_unknown_out(night: Night) -> None:
    """(0.10 + 0.13 + 0.033333 + 0.08) ÷ 4 = 0.343333 ÷ 4; 1,390 ÷ (4,000 + 5,000 + 3,000 + 3,000)."""
    sql = f"""select staff_id, renewed_here, recorded_vehicles, unknown_vehicles, rate_sum::varchar,
        average_rate::varchar, planned_average_rate::varchar, total_amount::varchar, commercial_premium_amount::varchar,
        average_rate_by_premium::varchar, above_ceiling_vehicles, unauthorised_vehicles, unauthorised_amount::varchar,
        unneeded_vehicles, unneeded_amount::varchar
        from analytics.marts.kpi_concession_average_monthly {NOVEMBER}"""
    assert night.rows(sql) == [
        ("S1", 5, 4, 1, "0.343333", "0.085833", "0.090000", "1390.00", "15000.00", "0.092667", 2, 1, "650.00", 1,
         "240.00"),
    ]  # fmt: skip


def test_the_mix_shows_every_step_of_the_plan(night: Night) -> None:
    sql = f"""select step, vehicles, recorded_vehicles, vehicle_share::varchar, planned_share::varchar,
        total_amount::varchar from analytics.marts.kpi_concession_mix_monthly {NOVEMBER} order by step"""
    assert night.rows(sql) == [
        (0, 0, 4, "0.000000", "0.0000", "0.00"),
        (1, 0, 4, "0.000000", "0.2000", "0.00"),
        (2, 2, 4, "0.500000", "0.2000", "340.00"),
        (3, 1, 4, "0.250000", "0.2000", "400.00"),
        (4, 1, 4, "0.250000", "0.2000", "650.00"),
        (5, 0, 4, "0.000000", "0.2000", "0.00"),
    ]
