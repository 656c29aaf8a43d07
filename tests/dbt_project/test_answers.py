"""Whether the desk gets round to everybody, and in time: the ten vehicles, checked by hand (see desk.py)."""

from __future__ import annotations

from pathlib import Path

from tests.dbt_project import group_offer
from tests.dbt_project.small_night import Night, run_night


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


def test_a_caller_who_was_guided_but_not_written_down_is_followed_up(desk_night: Night) -> None:
    """H2 of yesterday was guided after seven minutes, its record came today; H1 came in; H3 asked about a claim."""
    sql = """select log_number, vin, has_response, is_recorded, is_guided, is_do_not_call
        from restricted.restricted.hotline_follow_up"""
    assert desk_night.rows(sql) == [("H2", "V03", True, False, True, False)]


def test_a_renewal_won_after_an_objection_is_a_candidate_for_best_cases(tmp_path: Path) -> None:
    """On 30 October A4 refused, because a competitor asked for 2,800; on 2 November it signed for 3,000 all the same."""
    day = {"as_of": "2026-10-30", "list_for_on": "2026-10-30", "_as_of": "2026-10-30", "sequence_number": 1}
    line = {"list_id": "20261030-001-S1", "row_id": "r4", "store_id": "001", "staff_id": "S1", "vin": "A4"}
    listed = day | line | {"vehicle_key": "key-A4", "expiry_month": "2026-11-01", "phone": "13800000004"}
    answer = {"list_id": "20261030-001-S1", "row_id": "r4", "result": "offer_refused"}
    answer |= {"loss_reason": "competitor_cheaper", "competitor_amount": "2800.00"}
    entities, archives = group_offer.entities(), group_offer.archives()
    night = run_night(
        tmp_path,
        group_offer.AS_OF,
        entities | {"call_result": [*entities["call_result"], answer]},
        archives | {"call_list": [*archives["call_list"], listed]},
        select="+kpi_best_case_monthly",
    )
    assert night.exit_code == 0, night.stderr
    sql = """select best_case, renewed_on::varchar, staff_id, objections, competitor_amount::varchar
        from analytics.marts.fct_best_case order by best_case"""
    rules = ["after_objection", "after_refusal", "against_cheaper"]
    assert night.rows(sql) == [(rule, "2026-11-02", "S1", 1, "2800.00") for rule in rules]
    sql = "select month::varchar, best_case, best_cases, won_vehicles from analytics.marts.kpi_best_case_monthly"
    assert sorted(night.rows(sql)) == [("2026-11-01", rule, 1, 5) for rule in rules]
