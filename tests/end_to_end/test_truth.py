"""The sample's truth: what was injected is found, nothing else is, and outcomes are what really happened."""

from __future__ import annotations

import duckdb
import pytest

from tests.end_to_end.conftest import NIGHTS, Group, night, quarantined

pytestmark = pytest.mark.xdist_group("group")  # they share nights that are run once


def test_every_injected_defect_in_a_file_is_quarantined_with_its_rule_and_nothing_else_is(group: Group) -> None:
    held = {
        (r["source"], r["extract"], r["name"], r["row"], r["rule"])
        for r in quarantined(group.home)
        if r["source"] != "dms"
    }
    injected = set(
        duckdb.sql(f"""
            select source, extract, file_name, row_number, expected_rule from '{group.truth("defects")}'
            where source <> 'dms' and expected_rule <> 'exact_duplicate' and available_on <= '{night(NIGHTS - 1)}'
        """).fetchall()
    )
    assert injected, "the sample injected nothing"
    assert {rule for *_, rule in injected} >= {"vin:not_a_vin", "policy_number:missing", "key:superseded_in_file"}
    assert sorted(injected - held) == [], "injected and let in"
    assert sorted(held - injected) == [], "held although nothing is wrong with it"


def test_every_injected_defect_in_the_dms_is_quarantined_with_its_rule_and_nothing_else_is(group: Group) -> None:
    keys = {
        "customers": "customer_id", "vehicles": "vin", "sales": "sale_number", "repair_orders": "order_number",
        "ownership_changes": "change_number", "policies_elsewhere": "report_number",
    }  # fmt: skip
    held = {
        (r["extract"], r["values"][keys[r["extract"]]] or "", r["rule"])
        for r in quarantined(group.home)
        if r["source"] == "dms"
    }
    injected = set(
        duckdb.sql(f"""
            select extract, key, expected_rule from '{group.truth("defects")}'
            where source = 'dms' and expected_rule <> 'exact_duplicate' and available_on <= '{night(NIGHTS - 1)}'
        """).fetchall()
    )
    assert injected
    assert sorted(injected - held) == [], "injected and let in"
    assert sorted(held - injected) == [], "held although nothing is wrong with it"


def test_exact_duplicates_are_declared(group: Group) -> None:
    from ingest.batches import batches

    declared = sum(b.declared.get("exact_duplicate", 0) for b in batches() if b.is_accepted and b.source != "dms")
    [(injected,)] = duckdb.sql(f"""
        select count(*) from '{group.truth("defects")}'
        where source <> 'dms' and expected_rule = 'exact_duplicate' and available_on <= '{night(NIGHTS - 1)}'
    """).fetchall()
    assert declared == injected > 0


def outcomes(group: Group, number: int) -> list[tuple]:
    """Truth beside what the night archived, for every due vehicle of the truth that was revealed by then."""
    archived = max((group.home / "archive" / "due_universe" / str(night(number))).glob("*.parquet"))
    return duckdb.sql(f"""
        select store_id, vin, expiry_month, truth.outcome, found.outcome, revealed_on, found.status
        from '{group.truth("outcomes")}' as truth
        left join '{archived}' as found using (store_id, vin, expiry_month)
        where revealed_on <= date '{night(number)}'
            and expiry_month between date '{night(number)}' - interval 22 month and date '{night(number)}' + interval 2 month
    """).fetchall()


def test_outcomes_equal_the_truth_for_all_that_was_revealed(group: Group) -> None:
    for number in (0, NIGHTS - 1):
        wrong = [row for row in outcomes(group, number) if row[3] != row[4]]
        assert wrong == [], f"{len(wrong)} outcomes differ on night {number}: {wrong[:3]}"
        assert len(outcomes(group, number)) > 500


def test_nearly_all_matured_vehicles_are_revealed(group: Group) -> None:
    [(share,)] = duckdb.sql(f"""
        select avg((revealed_on <= '{night(NIGHTS - 1)}')::int) from '{group.truth("outcomes")}'
        where last_day(expiry_month) + 30 < '{night(NIGHTS - 1)}'
    """).fetchall()
    assert share >= 0.97
