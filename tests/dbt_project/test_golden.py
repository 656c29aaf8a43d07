"""Every mart of three small dealerships equals its golden file, row for row (see golden/)."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from tests.dbt_project.golden.tables import as_csv, expected, names
from tests.dbt_project.small_night import Night

NIGHTS = ("desk", "offer", "rest")
WITHOUT_ROWS = {"fct_propensity_feature"}  # rows of hundreds of matured vehicles only: propensity/test_features.py
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", NIGHTS)
def test_every_published_table_equals_its_golden_file(name: str, request: pytest.FixtureRequest) -> None:
    night = request.getfixturevalue(f"{name}_night")
    found, golden = as_csv(night), expected(name)
    changed = [
        "".join(difflib.unified_diff(golden.get(table, "").splitlines(True), found.get(table, "").splitlines(True),
                                     f"golden/{name}/{table}.csv", "this build"))
        for table in sorted(found.keys() | golden.keys()) if found.get(table) != golden.get(table)
    ]  # fmt: skip
    assert not changed, (
        f"{len(changed)} tables differ. If the change is meant: python -m tests.dbt_project.golden, and read what it "
        "changed.\n" + "\n".join(changed)[:20_000]
    )


def test_a_short_day_cuts_the_list_and_every_candidate_is_listed_suppressed_or_uncovered(rest_night: Night) -> None:
    """Thirty minutes of which 18 are for calls, six a row: three of S1's four vehicles."""
    tables = ("fct_call_list", "fct_suppressed_vehicle", "fct_uncovered_vehicle")
    counts, keys = [], set()
    for table in tables:
        found = rest_night.rows(f"select store_id, vehicle_key, expiry_month from analytics.marts.{table}")
        counts.append(len(found))
        keys.update(found)
    assert counts[0] == 3 and counts[2] == 1
    assert [(len(keys),)] == rest_night.rows("select count(*) from work.intermediate.int_call_candidate_select")
    assert sum(counts) == len(keys)
    sql = """select listed_rows, covered_rows, uncovered_rows from analytics.marts.kpi_capacity_daily
        where staff_id = 'S1' and day = date '2026-11-24'"""
    assert rest_night.rows(sql) == [(3, 3, 1)]
    archived = rest_night.rows("select is_listed, count(*) from work.archive.call_list group by all order by all")
    assert archived == [(False, 1), (True, 3)]


def test_every_published_table_has_rows_in_a_golden_file(desk_night: Night) -> None:
    with_rows = {path.stem for name in NIGHTS for path in (Path(__file__).parent / "golden" / name).glob("*.csv")}
    assert set(names(desk_night)) - with_rows == WITHOUT_ROWS, "give these tables a fact in group_rest.py"
