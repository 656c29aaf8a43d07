"""Whether the desk gets round to everybody, and in time: the ten vehicles, checked by hand (see desk.py)."""

from __future__ import annotations

from tests.dbt_project.small_night import Night


def test_five_rows_take_half_an_hour_of_the_day(desk_night: Night) -> None:
    """60 % of eight hours are 288 minutes, six for each row; tonight S1 has four rows and S2 none."""
    sql = """select staff_id, day::varchar, listed_rows, available_minutes, needed_minutes, uncovered_rows
        from analytics.marts.kpi_capacity_daily order by day, staff_id"""
    assert desk_night.exit_code == 0, desk_night.stderr
    assert desk_night.rows(sql) == [
        ("S1", "2026-10-20", 5, 288, 30, 0),
        ("S1", "2026-11-10", 3, 288, 18, 0),
        ("S2", "2026-11-10", 1, 288, 6, 0),
        ("S1", "2026-11-24", 4, 288, 24, 0),
        ("S2", "2026-11-24", 0, 288, 0, 0),
    ]
