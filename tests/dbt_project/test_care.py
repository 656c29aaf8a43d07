"""Complaints, recommendations, points, requests for help, trainings and faults of scripts (see group_offer.py)."""

from __future__ import annotations

import pytest

from tests.dbt_project.small_night import Night

pytestmark = pytest.mark.slow


def test_complaints_are_counted_with_days_to_close_and_satisfaction(offer_night: Night) -> None:
    """B1 took two days and got a 4; B2 is open."""
    sql = """select topic, complaints, open_complaints, closing_days, satisfaction_answers,
        average_satisfaction::varchar from analytics.marts.kpi_complaint_monthly"""
    assert offer_night.rows(sql) == [("claim", 2, 1, 2, 1, "4.00")]


def test_one_of_two_recommendations_became_a_policy_of_4000(offer_night: Night) -> None:
    sql = """select referrals, referrers, new_customers, insured_referrals, premium_amount::varchar,
        reward_amount::varchar, insured_share::varchar from analytics.marts.kpi_referral_monthly"""
    assert offer_night.rows(sql) == [(2, 1, 1, 1, "4000.00", "100.00", "0.500000")]


def test_points_are_earned_and_spent_and_300_remain(offer_night: Night) -> None:
    sql = "select reason, earned_points, spent_points from analytics.marts.kpi_reward_point_monthly order by reason"
    assert offer_night.rows(sql) == [("redemption", 0, 200), ("referral", 500, 0)]
    balance = "select balance_points from analytics.marts.fct_reward_point where entry_number = 'J2'"
    assert offer_night.rows(balance) == [(300,)]


def test_a_request_for_help_was_answered_in_half_an_hour_and_one_waits(offer_night: Night) -> None:
    sql = """select requests, answered_requests, open_requests, reply_seconds, median_reply_seconds
        from analytics.marts.kpi_help_request_monthly"""
    assert offer_night.rows(sql) == [(2, 1, 1, 1800, 1800)]


def test_a_fault_of_the_script_stands_beside_its_training_and_its_words_are_restricted(offer_night: Night) -> None:
    sql = """select staff_id, answered_lines, fault_lines, fault_share::varchar, script_trainings, script_minutes
        from analytics.marts.kpi_script_fault_monthly"""
    assert offer_night.rows(sql) == [("S1", 1, 1, "1.000000", 1, 90)]
    words = "select staff_id, script_problem from restricted.restricted.script_fault"
    assert offer_night.rows(words) == [("S1", "开场白太长")]
    trained = "select staff_id, topic, score::varchar, is_passed from analytics.marts.fct_training"
    assert offer_night.rows(trained) == [("S1", "script", "85.00", True)]
