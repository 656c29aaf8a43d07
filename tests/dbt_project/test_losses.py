"""Losses of the ten vehicles and what was done with the lists, checked by hand."""

from __future__ import annotations

from datetime import date

from tests.dbt_project.small_night import Night

NOVEMBER = "where expiry_month = date '2026-11-01'"


def test_each_loss_has_a_day_a_reason_and_whether_the_facts_bear_it_out(desk_night: Night) -> None:
    """V03 found it too expensive on 20 October: quoted the day before, but no price on the line. V04 signed elsewhere
    on 15 November, quoted on the 14th. V05 named a competitor, never quoted, and turned out to be insured elsewhere.
    V07 was cancelled on 1 October."""
    sql = f"""select vin, fct.lost_on::varchar, fct.outcome, reason_group, quote_state, contradiction
        from analytics.marts.fct_loss as fct
        inner join work.intermediate.int_due_vehicle using (store_id, vehicle_key, expiry_month)
        {NOVEMBER} order by vin"""
    assert desk_night.exit_code == 0, desk_night.stderr
    assert desk_night.rows(sql) == [
        ("V03", "2026-10-20", "open", "price", "quoted_not_closed", "no_price_given"),
        ("V04", "2026-11-15", "renewed_elsewhere", "not_stated", "quoted_not_closed", None),
        ("V05", "2026-10-20", "renewed_elsewhere", "competitor", "never_quoted", "none"),
        ("V07", "2026-10-01", "lost", "not_stated", "never_quoted", None),
    ]


def test_losses_are_counted_by_week_and_by_month(desk_night: Night) -> None:
    """20 October 2026 is a Tuesday (week of the 19th), 1 October a Thursday, 15 November a Sunday."""
    columns = "reason_group, lost_vehicles, never_quoted, quoted_not_closed, contradicted, all_lost_vehicles"
    weeks = f"""select week, {columns} from analytics.marts.kpi_loss_weekly
        where segment = 'insured_here_last_year' order by all"""
    assert desk_night.rows(weeks) == [
        (date(2026, 9, 28), "not_stated", 1, 1, 0, 0, 1),
        (date(2026, 10, 19), "competitor", 1, 1, 0, 0, 2),
        (date(2026, 10, 19), "price", 1, 0, 1, 1, 2),
        (date(2026, 11, 9), "not_stated", 1, 0, 1, 0, 1),
    ]
    months = f"""select month, {columns} from analytics.marts.kpi_loss_monthly
        where segment = 'insured_here_last_year' order by all"""
    assert desk_night.rows(months) == [
        (date(2026, 10, 1), "competitor", 1, 1, 0, 0, 3),
        (date(2026, 10, 1), "not_stated", 1, 1, 0, 0, 3),
        (date(2026, 10, 1), "price", 1, 0, 1, 1, 3),
        (date(2026, 11, 1), "not_stated", 1, 0, 1, 0, 1),
    ]


def test_a_quote_of_last_year_is_no_quote_and_one_of_the_last_evening_is(desk_night: Night) -> None:
    """Quoted: V02 (23 November, 23:30), V03, V04. V09's quote is a year old. Never quoted and gone: V05, V07. Open
    without a quote: V10, and V09 in its own segment."""
    sql = f"""select segment, due_vehicles, quoted, renewed_here, renewed_unquoted, quoted_not_closed, never_quoted,
        open_quoted, open_unquoted from analytics.marts.kpi_quoted_monthly {NOVEMBER} order by segment"""
    assert desk_night.rows(sql) == [
        ("insured_here_last_year", 7, 3, 1, 1, 1, 2, 2, 1),
        ("policy_known", 1, 0, 0, 0, 0, 0, 0, 1),
    ]


def test_two_people_with_one_name_stay_two(desk_night: Night) -> None:
    """S1 and S2 are both called 甲: on 10 November S1 was sent 3 rows and returned 2 (V03, V09), S2 one and none; no
    phone log of that day. On 20 October S1 was sent 5 and returned 4 (V02, V03, V05, V09); the log of that day has
    V03 (45 seconds, valid) and V09 (no answer); V02 was called a day late, V05 not at all."""
    sql = """select staff_id, list_for_on, sent_rows, returned_rows, logged_rows, called_on_time, reached_on_time,
        returned_without_call from analytics.marts.kpi_follow_up_daily order by list_for_on, staff_id"""
    assert desk_night.rows("select distinct staff_name from work.staging.stg_dms__staff") == [("甲",)]
    assert desk_night.rows(sql) == [
        ("S1", date(2026, 10, 20), 5, 4, 5, 2, 1, 2),
        ("S1", date(2026, 11, 10), 3, 2, 0, 0, 0, 0),
        ("S2", date(2026, 11, 10), 1, 0, 0, 0, 0, 0),
    ]
