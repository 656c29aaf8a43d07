"""Rates and mixes of the ten vehicles, checked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.dbt_project.small_night import Night

NOVEMBER = "where expiry_month = date '2026-11-01'"


def test_the_combined_rate_stands_beside_the_current_one(desk_night: Night) -> None:
    """October: nothing signed here in October 2025, V01 signed on 2 October. November, to the 23rd: V01-V07 and V10
    were signed here on 1 November 2025 (V09 elsewhere) = 8; nobody signed in these days who still holds it. Of the 8
    vehicles due in November V01 is renewed, with a commercial policy."""
    sql = """select month, until_on, insured_last_year, renewed_vehicles, due_vehicles, renewed_here,
        commercial_renewed_here from analytics.marts.kpi_renewal_rate_combined_monthly
        where month >= date '2026-10-01' order by month"""
    assert desk_night.exit_code == 0, desk_night.stderr
    assert desk_night.rows(sql) == [
        (date(2026, 10, 1), date(2026, 10, 31), 0, 1, 0, 0, 0),
        (date(2026, 11, 1), date(2026, 11, 23), 8, 0, 8, 1, 1),
    ]


def test_a_renewal_signed_49_days_before_the_expiry_is_in_its_band(desk_night: Night) -> None:
    """20 November - 2 October = 49 days."""
    sql = f"select band, vehicles, renewed_here from analytics.marts.kpi_early_renewal_monthly {NOVEMBER}"
    assert desk_night.rows(sql) == [("days_59_30", 1, 1)]


def test_the_groups_impacts_sum_to_what_the_store_did_not_renew(desk_night: Night) -> None:
    """7 of 8 are not renewed: 6 of 7 insured here, V09 alone in the other segment; 6/8 + 1/8 = 1 - 1/8."""
    sql = f"""select group_code, due_vehicles, not_renewed, impact_rate from analytics.marts.kpi_renewal_impact_monthly
        {NOVEMBER} and grouping = 'segment' order by group_code"""
    assert desk_night.rows(sql) == [
        ("insured_here_last_year", 7, 6, Decimal("0.750000")),
        ("policy_known", 1, 1, Decimal("0.125000")),
    ]


def test_quality_customers_are_counted_apart_and_unknown_ones_too(desk_night: Night) -> None:
    """V03 had two claims. V09 is insured at PAIC, which sends no claims. V01, V02, V04, V05, V07 and V10 had one or
    none, of these V01 renewed; V02 and V10 are open."""
    sql = f"""select is_quality_customer, due_vehicles, renewed_here, open
        from analytics.marts.kpi_quality_customer_monthly {NOVEMBER} order by is_quality_customer nulls last"""
    assert desk_night.rows(sql) == [(False, 1, 0, 1), (True, 6, 1, 2), (None, 1, 0, 1)]


def test_a_reported_renewal_whose_policy_was_cancelled_is_not_issued(desk_night: Night) -> None:
    """V02 was reported on 20 October; its policy of 1 November was cancelled on the 22nd: nothing stands."""
    sql = """select claimed_on, issue_by, issued_on, state from analytics.marts.fct_claimed_renewal"""
    assert desk_night.rows(sql) == [(date(2026, 10, 20), date(2026, 10, 27), None, "not_issued")]
    sql = "select staff_id, claimed, issued, waiting, not_issued from analytics.marts.kpi_claimed_renewal_monthly"
    assert desk_night.rows(sql) == [("S1", 1, 0, 0, 1)]
