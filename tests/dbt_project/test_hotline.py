"""The accident hotline of the dealership, checked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.dbt_project.small_night import Night


def test_the_hotline_answered_recorded_and_guided_and_one_vehicle_came_back(desk_night: Night) -> None:
    """Two accidents: V01 answered in 30 seconds, recorded, guided, first contact, repaired for 4,200; V03 guided after
    420 seconds, recorded only on as_of. A question about a claim, answered after 120 seconds."""
    sql = """select call_kind, calls, answered, recorded, guided, handled_whole, within_1_minute, within_3_minutes,
        within_5_minutes, over_5_minutes, no_response, first_contact, first_contact_known, vehicles, vehicles_returned,
        repair_amount from analytics.marts.kpi_hotline_monthly where month = date '2026-11-01' order by call_kind"""
    assert desk_night.exit_code == 0, desk_night.stderr
    assert desk_night.rows(sql) == [
        ("accident", 2, 1, 1, 2, 1, 1, 0, 0, 1, 0, 1, 2, 2, 1, Decimal("4200.00")),
        ("claim_question", 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, Decimal("0.00")),
    ]
    returned = "select returned_on, repair_amount from analytics.marts.fct_hotline_call where is_returned"
    assert desk_night.rows(returned) == [(date(2026, 11, 23), Decimal("4200.00"))]
