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


def test_of_seven_in_the_pool_one_was_spoken_to_and_one_quoted_by_the_end_of_the_first_day(desk_night: Night) -> None:
    """All seven entered on 21 October (V01 had renewed, V06 was gone). V02 talked on that day, V03 had been quoted on the
    19th; V03's talk of the 20th came a day early."""
    sql = """select day_vehicles, contacted_on_day, quoted_on_day, answered_on_day, week_vehicles, answered_in_week
        from analytics.marts.kpi_first_answer_monthly where expiry_month = date '2026-11-01'"""
    assert desk_night.rows(sql) == [(7, 1, 1, 2, 7, 2)]
