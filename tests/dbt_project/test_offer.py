"""Concessions, gifts and services of six renewals, checked by hand (the arithmetic is in group_offer.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dbt_project import group_offer
from tests.dbt_project.small_night import Night, project_copy, run_night
from tests.dbt_project.test_pay_and_call_list import change
from tests.dbt_project.test_universe import archived

NOVEMBER = "where expiry_month = date '2026-11-01'"
pytestmark = pytest.mark.slow


def test_six_equals_share_out_the_ladder_by_a_stable_hash(offer_night: Night) -> None:
    sql = f"""select vin, propensity_rank, ceiling_step, ceiling_rate::varchar
        from work.intermediate.int_concession_ceiling {NOVEMBER} order by propensity_rank"""
    assert offer_night.rows(sql) == [
        ("A6", 1, 1, "0.0000"),
        ("A4", 2, 2, "0.0800"),
        ("A1", 3, 3, "0.1000"),
        ("A3", 4, 3, "0.1000"),
        ("A2", 5, 4, "0.1300"),
        ("A5", 6, 5, "0.1400"),
    ]


def test_what_was_promised_at_the_freeze_stays_when_the_ladder_changes(offer_night: Night, tmp_path: Path) -> None:
    """The next night's ladder gives 6 % and 12 % in steps 2 and 3; without an archive November would follow it."""
    ceilings = f"""select vin, ceiling_step, ceiling_rate, ceiling_authority
        from work.intermediate.int_concession_ceiling {NOVEMBER} order by vin"""
    project = project_copy(tmp_path / "project")
    ladder = project / "dbt_project" / "seeds" / "offer" / "concession_ladder.csv"
    change(ladder, "*,2,0.2000,0.0800,", "*,2,0.2000,0.0600,")
    change(ladder, "*,3,0.2000,0.1000,", "*,3,0.2000,0.1200,")
    nights = {
        name: run_night(
            tmp_path / name, "2026-11-25", group_offer.entities(), archives, project, select="+fct_concession"
        )
        for name, archives in (
            (
                "after",
                {what: archived(offer_night, what, group_offer.AS_OF) for what in ("due_universe", "assignment")},
            ),
            ("first", None),
        )
    }
    assert nights["after"].exit_code == nights["first"].exit_code == 0, nights["after"].stderr
    assert nights["after"].rows(ceilings) == offer_night.rows(ceilings)
    assert {str(row[2]) for row in nights["first"].rows(ceilings)} >= {"0.0600", "0.1200"}


def test_an_open_vehicle_with_one_objection_is_offered_the_opening_step(offer_night: Night) -> None:
    sql = f"""select ceiling_step, objections, recommended_step, recommended_rate::varchar
        from analytics.marts.fct_concession_ceiling {NOVEMBER} and outcome = 'open'"""
    assert offer_night.rows(sql) == [(3, 1, 2, "0.0800")]


def test_each_recorded_concession_is_judged_with_its_gift(offer_night: Night) -> None:
    sql = f"""select concession_number, total_amount::varchar, total_rate::varchar, step, authorisation,
        is_above_ceiling, is_given_without_need
        from analytics.marts.fct_concession {NOVEMBER} order by concession_number"""
    assert offer_night.rows(sql) == [
        ("C-A2", "400.00", "0.100000", 3, "approved", False, False),
        ("C-A3", "650.00", "0.130000", 4, "above_approver", True, False),
        ("C-A5", "100.00", "0.033333", 2, "own_authority", False, False),
        ("C-A6", "240.00", "0.080000", 2, "own_authority", True, True),
    ]


def test_the_average_is_by_vehicle_and_by_premium_and_leaves_the_unknown_out(offer_night: Night) -> None:
    """(0.10 + 0.13 + 0.033333 + 0.08) ÷ 4 = 0.343333 ÷ 4; 1,390 ÷ (4,000 + 5,000 + 3,000 + 3,000)."""
    sql = f"""select staff_id, renewed_here, recorded_vehicles, unknown_vehicles, rate_sum::varchar,
        average_rate::varchar, planned_average_rate::varchar, total_amount::varchar, commercial_premium_amount::varchar,
        average_rate_by_premium::varchar, above_ceiling_vehicles, unauthorised_vehicles, unauthorised_amount::varchar,
        unneeded_vehicles, unneeded_amount::varchar
        from analytics.marts.kpi_concession_average_monthly {NOVEMBER}"""
    assert offer_night.rows(sql) == [
        ("S1", 5, 4, 1, "0.343333", "0.085833", "0.090000", "1390.00", "15000.00", "0.092667", 2, 1, "650.00", 1,
         "240.00"),
    ]  # fmt: skip


def test_the_mix_shows_every_step_of_the_plan(offer_night: Night) -> None:
    sql = f"""select step, vehicles, recorded_vehicles, vehicle_share::varchar, planned_share::varchar,
        total_amount::varchar from analytics.marts.kpi_concession_mix_monthly {NOVEMBER} order by step"""
    assert offer_night.rows(sql) == [
        (0, 0, 4, "0.000000", "0.0000", "0.00"),
        (1, 0, 4, "0.000000", "0.2000", "0.00"),
        (2, 2, 4, "0.500000", "0.2000", "340.00"),
        (3, 1, 4, "0.250000", "0.2000", "400.00"),
        (4, 1, 4, "0.250000", "0.2000", "650.00"),
        (5, 0, 4, "0.000000", "0.2000", "0.00"),
    ]


def test_a_gift_is_held_against_its_budget_and_the_retail_rule(offer_night: Night) -> None:
    """3,000 × 8 % = 240 ≥ 100; 3,000 × 15 % = 450 < 469."""
    sql = """select package, month::varchar, issued_gifts, cost_amount::varchar, retail_amount::varchar,
        budget_amount::varchar, judged_gifts, failing_gifts, failing_share::varchar
        from analytics.marts.kpi_gift_monthly"""
    assert offer_night.rows(sql) == [("one", "2026-11-01", 1, "100.00", "469.00", "240.00", 1, 0, "0.000000")]


def test_the_packages_of_the_plan_are_its_own_numbers(offer_night: Night) -> None:
    sql = """select package, budget_amount::varchar, cost_amount::varchar, retail_amount::varchar,
        residual_commission_amount::varchar, keeps_retail_rule
        from analytics.marts.dim_gift_package where store_id = '001' order by premium_from"""
    assert offer_night.rows(sql) == [
        ("one", "240.00", "100.00", "469.00", "192.00", True),
        ("two", "320.00", "150.00", "600.00", "256.00", True),
        ("three", "400.00", None, None, "320.00", None),
    ]


def test_a_voucher_brought_a_visit_and_its_labour_back(offer_night: Night) -> None:
    sql = """select voucher_kind, issued_uses, used_uses, remaining_uses, expired_uses, used_amount::varchar,
        return_visits, labour_amount::varchar from analytics.marts.kpi_voucher_monthly"""
    assert offer_night.rows(sql) == [("labour", 2, 1, 1, 0, "50.00", 1, "280.00")]


def test_services_are_counted_against_the_covers_that_entitle_to_them(offer_night: Night) -> None:
    """Covers that begin on 21 November: A2's 6+1; every renewal is commercial at PICC (5); the old tow had no cover."""
    sql = """select entitlement, clause_version, entitled_covers, due_uses, using_covers, uses, unentitled_uses,
        cost_amount::varchar
        from analytics.marts.kpi_entitlement_monthly where month = date '2026-11-01' order by all"""
    assert offer_night.rows(sql) == [
        ("fast_assessment", "all", 5, None, 0, 0, 0, "0.00"),
        ("free_tow", "from_2020_09", 1, None, 0, 0, 0, "0.00"),
        ("free_tow", "none", 0, None, 0, 1, 1, "200.00"),
        ("mediation", "all", 5, None, 0, 0, 0, "0.00"),
        ("oil_card", "from_2020_09", 1, 1, 0, 0, 0, "0.00"),
        ("on_scene_help", "from_2020_09", 1, None, 0, 0, 0, "0.00"),
        ("pick_up", "from_2020_09", 1, 1, 0, 0, 0, "0.00"),
        ("reserved_slot", "from_2020_09", 1, 1, 0, 0, 0, "0.00"),
        ("tow_discount", "from_2020_09", 1, None, 0, 0, 0, "0.00"),
        ("wheel_balance", "from_2020_09", 1, 2, 1, 1, 0, "60.00"),
    ]


def test_an_insurers_share_brings_premium_commission_and_profit(offer_night: Night) -> None:
    """Premium 4,000 + 5,000 + 3 × 3,000 = 18,000, commission 15 % = 2,700; without A4 2,250 − 1,390 = 860 on 4."""
    sql = f"""select insurer_code, renewed_vehicles, store_renewed_vehicles, premium_amount::varchar,
        premium_share::varchar, commission_amount::varchar, commission_per_policy_amount::varchar,
        premium_per_policy_amount::varchar, concession_amount::varchar, profit_known_vehicles, profit_amount::varchar,
        profit_per_policy_amount::varchar from analytics.marts.kpi_insurer_share_monthly {NOVEMBER}"""
    assert offer_night.rows(sql) == [
        ("PICC", 5, 5, "18000.00", "1.000000", "2700.00", "540.00", "3600.00", "1390.00", 4, "860.00", "215.00")
    ]


def test_quote_speed_and_the_scorecard_count_the_same_requests(offer_night: Night) -> None:
    """240 s and 1,200 s: one of two within 300 s, the lower middle 240; settled 10 days after the report."""
    speed = """select requests, quoted_requests, declined_requests, timed_requests, fast_requests, fast_share::varchar,
        median_answer_seconds from analytics.marts.kpi_quote_speed_monthly"""
    assert offer_night.rows(speed) == [(3, 2, 1, 2, 1, "0.500000", 240)]
    card = """select policies, premium_amount::varchar, store_premium_amount::varchar, requests, fast_requests,
        priced_quotes, quoted_commercial_amount::varchar, repairs_sent, repair_amount::varchar, settled_claims,
        settlement_days, paid_amount::varchar
        from analytics.marts.kpi_insurer_scorecard_monthly where month = date '2026-11-01'"""
    assert offer_night.rows(card) == [(5, "18000.00", "18000.00", 3, 1, 1, "4000.00", 1, "2000.00", 1, 10, "1800.00")]


def test_a_campaign_shows_plan_and_actual_and_no_lottery_without_legal(offer_night: Night) -> None:
    """5 orders of 6 due; 18,000 × 3 % = 540; the plan's 20,250, 525,000, 8,500 and 10,000."""
    sql = """select campaign, days_left, planned_orders, orders, valid_entries, due_vehicles, coverage::varchar,
        planned_saving_amount::varchar, saving_amount::varchar, planned_return_amount::varchar, return_amount::varchar,
        prize_amount::varchar, planned_cost_amount::varchar from analytics.marts.kpi_campaign"""
    assert offer_night.rows(sql) == [
        ("november_2026", 6, 75, 5, 5, 6, "0.833333", "20250.00", "540.00", "525000.00", "0.00", "8500.00", "10000.00")
    ]
    assert offer_night.rows("select * from analytics.marts.fct_campaign_entry") == []


def test_the_ladder_says_what_goes_with_a_step_and_who_may_approve_it(offer_night: Night) -> None:
    sql = """select step, rate::varchar, authority, approver_roles, extra_en
        from analytics.marts.dim_concession_ladder where store_id = '001' order by step"""
    assert offer_night.rows(sql) == [
        (1, "0.0000", "none", None, None),
        (2, "0.0800", "own", None, None),
        (3, "0.1000", "manager", "insurance_manager;general_manager", "Ping An nationwide one-year rescue card"),
        (4, "0.1300", "general_manager", "general_manager", None),
        (5, "0.1400", "general_manager", "general_manager", "other services"),
    ]


def test_services_say_their_limits_under_todays_clauses(offer_night: Night) -> None:
    sql = """select entitlement, cover_level, clause_version, uses, limit_amount::varchar, limit_km::varchar
        from analytics.marts.dim_entitlement
        where store_id = '001' and (limit_amount is not null or limit_km is not null) order by entitlement"""
    assert offer_night.rows(sql) == [
        ("guided_repair", "compulsory_only", "all", 1, "2000.00", None),
        ("mediation", "any_commercial", "all", None, "10000.00", None),
        ("pick_up", "6+1", "from_2020_09", 1, None, "10.00"),
    ]
    agreements = """select insurer_code, limit_amount::varchar from analytics.marts.dim_insurer_agreement
        where store_id = '001' and agreement = 'no_scene' order by insurer_code"""
    assert offer_night.rows(agreements) == [("PAIC", "1000.00"), ("PICC", "3000.00")]
