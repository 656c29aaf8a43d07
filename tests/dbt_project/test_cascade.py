"""The cascade of the ten vehicles, checked by hand: expiry 20 November, steps from 21 September, 11 and 24 October,
6 and 21 November. Nobody sold or serviced them, so S1, who owns the book, owns every step."""

from __future__ import annotations

from datetime import date

from tests.dbt_project.small_night import Night

NOVEMBER = "where expiry_month = date '2026-11-01'"


def test_each_open_vehicle_is_in_one_step_with_an_owner(desk_night: Night) -> None:
    """On 24 November all open ones of November are in the recall until 20 December."""
    sql = f"""select vin, step, owner_id, entered_on, due_by from work.intermediate.int_cascade_position {NOVEMBER}
        order by vin"""
    assert desk_night.exit_code == 0, desk_night.stderr
    recall = ("recall", "S1", date(2026, 11, 21), date(2026, 12, 20))
    assert desk_night.rows(sql) == [(vin, *recall) for vin in ("V02", "V03", "V09", "V10")]


def test_a_vehicles_way_through_the_steps_is_told(desk_night: Night) -> None:
    """V03 refused on 20 October, its only day on a list: 9 days after the step began, so late. Step 2 began the next
    day, nobody listed it. Listed on 10 November in step 3, 4 days after it began: late again."""
    sql = f"""select step, entered_on::varchar, left_on::varchar, fct.outcome, days_on_owner_list, loss_cause
        from analytics.marts.fct_cascade_step as fct
        inner join work.intermediate.int_due_vehicle as due using (store_id, vehicle_key, expiry_month)
        {NOVEMBER} and vin = 'V03' order by position"""
    assert desk_night.rows(sql) == [
        ("preparation", "2026-09-21", "2026-10-10", "timed_out", 0, None),
        ("step_1", "2026-10-11", "2026-10-20", "refused", 1, "late"),
        ("step_2", "2026-10-21", "2026-11-05", "timed_out", 0, "never_handed_over"),
        ("step_3", "2026-11-06", "2026-11-20", "timed_out", 1, "late"),
        ("recall", "2026-11-21", None, "open", 0, None),
    ]


def test_every_step_hands_over_what_it_did_not_win(desk_night: Night) -> None:
    """8 due. V01 is won on 2 October. Step 1: V03 refused; five were listed on 20 October (late), V07 and V10 never.
    Step 3: V04 signed elsewhere on 15 November; V03, V07, V09 listed on the 10th (late), the other four never.
    Recall: V05 told on the 22nd that it is insured elsewhere; V07 was cancelled long before; four are open."""
    sql = f"""select step, handed_over, won, refused, timed_out, renewed_elsewhere, open, closed, lost_at_step,
        lost_never_handed_over, lost_late from analytics.marts.kpi_cascade_monthly {NOVEMBER} order by position"""
    assert desk_night.rows(sql) == [
        ("preparation", 8, 1, 0, 7, 0, 0, 0, 0, 0, 0),
        ("step_1", 7, 0, 1, 6, 0, 0, 0, 7, 2, 5),
        ("step_2", 7, 0, 0, 7, 0, 0, 0, 7, 7, 0),
        ("step_3", 7, 0, 0, 6, 1, 0, 0, 7, 4, 3),
        ("recall", 6, 0, 0, 0, 1, 4, 1, 1, 1, 0),
    ]
