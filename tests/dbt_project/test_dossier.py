"""What is known of each vehicle and its customer, checked by hand on the ten vehicles (see group.py and desk.py)."""

from __future__ import annotations

from tests.dbt_project.small_night import Night


def test_claim_free_years_are_counted_with_a_year_of_which_nobody_tells_apart(desk_night: Night) -> None:
    """V03 and V04 had a claim in the year that ends. V09 is insured at PAIC, which sends no claims. Of the other five
    PICC tells one year (V07's claim was rejected); V01 is renewed, V02 and V10 are open."""
    sql = """select claim_free_years, due_vehicles, ended_by_claim_vehicles, renewed_here, open
        from analytics.marts.kpi_claim_free_monthly where expiry_month = date '2026-11-01'
        order by claim_free_years nulls last"""
    assert desk_night.exit_code == 0, desk_night.stderr
    assert desk_night.rows(sql) == [(0, 2, 2, 0, 1), (1, 5, 0, 1, 2), (None, 1, 0, 0, 1)]
