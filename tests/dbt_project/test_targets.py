"""Targets of the hand-checked dealership: what should be reached by the data date, and what coming months hold."""

from __future__ import annotations

from tests.dbt_project.small_night import Night


def test_the_light_of_november_is_judged_on_the_23_days_the_data_cover(first_night: Night) -> None:
    """Seven insured here last year: ceil(7 x 0.75) = 6, 0.80 -> 6, 0.85 -> 6; one policy known: ceil(0.30) = 1, as for
    0.35 and 0.40. One of seven renewed; 7 x 23 / 30 = 5.37 should be; 1 x 30 / (7 x 23) = 0.186335 is red."""
    sql = """select tier, data_date::varchar, due_vehicles, target_vehicles, renewed_here, attainment_rate::varchar,
        expected_vehicles::varchar, pace_rate::varchar, light from analytics.marts.kpi_target_attainment_monthly
        where expiry_month = date '2026-11-01' order by tier"""
    numbers = ("2026-11-23", 8, 7, 1, "0.142857", "5.37", "0.186335", "red")
    assert first_night.rows(sql) == [(tier, *numbers) for tier in ("base", "challenge", "stretch")]


def test_coming_months_are_proposed_from_what_expires_in_them(first_night: Night) -> None:
    """Only V08 is known to expire in the next three months, in February, out of town: nothing is required."""
    sql = """select distinct expiry_month::varchar, segment, due_vehicles, proposed_vehicles, last_year_due_vehicles,
        is_frozen from analytics.marts.kpi_target_proposal_monthly"""
    assert first_night.rows(sql) == [("2027-02-01", "out_of_town", 1, None, 1, False)]


def test_new_cars_are_ranked_and_channel_managers_paid(first_night: Night) -> None:
    """All policies were signed on 1 November 2025 and count 30 days around a sale. November: SC sold V10, SD V02, both
    insured here: they share the first place. October: V04 was sold 17 days before, insured; December: V03 was sold 44
    days after, not insured, 0 of 1.
    M1 has PICC in store 001: seven vehicles of the segment insured here last year, target ceil(7 x 0.75) = 6 (V09's
    policy is another insurer's), one renewed with PICC: V01. 3000 x 1/6 x 1000/1250 = 400."""
    sql = """select month::varchar, staff_id, sold_vehicles, insured_here, insurance_rate::varchar, target_vehicles,
        is_target_reached, store_rank from analytics.marts.kpi_new_car_insurance_monthly order by 1, 2"""
    assert first_night.rows(sql) == [
        ("2025-10-01", "SC", 1, 1, "1.000000", 1, True, 1),
        ("2025-11-01", "SC", 1, 1, "1.000000", 1, True, 1),
        ("2025-11-01", "SD", 1, 1, "1.000000", 1, True, 1),
        ("2025-12-01", "SD", 1, 0, "0.000000", 1, False, 1),
    ]
    sql = """select manager_id, due_vehicles, target_vehicles, renewed_vehicles, attainment_rate::varchar,
        budget_factor::varchar, bonus_amount::varchar from restricted.restricted.channel_manager_bonus_monthly
        where month = date '2026-11-01'"""
    assert first_night.rows(sql) == [("M1", 7, 6, 1, "0.166667", "0.800000", "400.00")]
