"""What the ten vehicles of group.py and the six of group_offer.py leave out: history, a closed month, what the night
itself is told, and a store whose lawyers agreed to the lottery and whose day of 30 minutes has room for three calls. as_of is
24 November 2026.

W..   four vehicles expire on the 20th of each month from May to November; of each month one renews on the 10th and one
      on the 28th (in November that day has not come). October's bonus was closed on 4 November with two of four; W102
      signed on 9 November, so it is a top-up.
A..   group_offer.py; and A4 had refused on 30 October, because a competitor asked for 2,800
      13800000099 wished on 1 November not to be called
M01   expires on 13 January, so it is in preparation; its owner agreed to messages
A9    a concession for a vehicle that is not due
W112  was on the list of S9 yesterday, who works there no more
"""

from __future__ import annotations

from pathlib import Path

from pytest import MonkeyPatch

from tests.dbt_project import group, group_offer
from tests.dbt_project.small_night import Night, Rows, project_copy, run_night

AS_OF = group.AS_OF
CLOSES_ON = "2026-11-04"
SWITCHED_ON = f"001,benefits_cleared_by_legal,true,our lawyers agreed,{AS_OF},9999-12-31\n"
SHORT_DAY = f"working_minutes,001,{AS_OF},9999-12-31,30\n"


def cohorts(until: str) -> Rows:
    """Policies of seven small months, as far as they were signed before a day."""
    policies = []
    for month in range(5, 12):
        for number in range(4):
            vin = f"W{month:02d}{number}"
            policies.append(group.policy(f"1{month:02d}{number}", vin, f"2025-{month:02d}-01", f"2025-{month:02d}-21",
                                         f"2026-{month:02d}-20"))  # fmt: skip
            day = {0: f"2026-{month:02d}-10", 1: f"2026-{month:02d}-28"}.get(number)
            if vin == "W102":
                day = "2026-11-09"
            if day and day < until:
                policies.append(group.policy(f"2{month:02d}{number}", vin, day, f"2026-{month:02d}-21",
                                             f"2027-{month:02d}-20"))  # fmt: skip
    return policies


def entities(until: str = AS_OF) -> dict[str, Rows]:
    """group_offer's rows, the cohorts, the refusal and the concession for nobody."""
    offer = group_offer.entities()
    refusal = {"list_id": "20261030-001-S1", "row_id": "r4", "result": "offer_refused",
               "loss_reason": "competitor_cheaper", "competitor_amount": "2800.00"}  # fmt: skip
    wish = {"request_number": "D1", "store_id": "001", "phone": "13800000099", "requested_on": "2026-11-01",
            "told_by": "S1"}  # fmt: skip
    stray = group_offer.concession("A9", "0.05", "150.00")
    coming = group.policy("M01", "M01", "2026-01-10", "2026-01-14", "2027-01-13")
    customer = {"customer_id": "K1", "store_id": "001", "customer_type": "person", "customer_name": "客户M01",
                "phone": "13700000001"}  # fmt: skip
    consent = {"consent_number": "N1", "store_id": "001", "customer_id": "K1", "purpose": "message", "is_given": True,
               "decided_on": "2026-01-10", "data_origin": "policy"}  # fmt: skip
    return offer | {
        "policy": [*offer["policy"], *cohorts(until), coming],
        "customer": [*offer.get("customer", []), customer],
        "vehicle": [*offer.get("vehicle", []), {"vin": "M01", "store_id": "001", "customer_id": "K1"}],
        "consent": [consent],
        "call_result": [*offer["call_result"], refusal],
        "concession": [*offer["concession"], stray],
        "do_not_call": [wish],
    }


def told() -> dict[str, Rows]:
    """One insurer whose file of yesterday was refused, one that delivered, and what left in the night before."""
    batch = {"source": "picc", "extract": "policies", "entity": "policy", "sha8": "00000001", "version": 1,
             "received_on": AS_OF, "business_date": "2026-11-23", "owner": "甲", "message_zh": "", "message_en": "",
             "is_of_a_day": True, "rules": "{}", "declared_kinds": "{}", "warnings": "{}", "faults": "{}", "told": 0}  # fmt: skip
    status = {"source": "picc", "extract": "policies", "entity": "policy", "status": "fresh", "owner": "甲",
              "last_good_business_date": "2026-11-23", "last_good_received_on": AS_OF, "age_days": 0,
              "message_zh": "", "message_en": "", "is_daily": True, "is_optional": False, "late_after_days": 1}  # fmt: skip
    file = {"file_name": "保单_20261123.csv", "records_read": 10, "loaded": 8, "quarantined": 1, "declared": 1}
    return {
        "batch": [
            batch | file | {"verdict": "accepted", "is_in_force": True, "rules": '{"vin:not_a_vin": 1}',
                            "declared_kinds": '{"totals": 1}'},
            batch | {"source": "pingan", "file_name": "p_20261123.csv", "sha8": "00000002", "verdict": "refused",
                     "is_in_force": False, "rule": "file:columns", "message_zh": "列变了", "message_en": "columns changed",
                     "records_read": 5, "loaded": 0, "quarantined": 0, "declared": 0},
        ],
        "source_status": [
            status,
            status | {"source": "pingan", "status": "refused", "last_good_business_date": "2026-11-22",
                      "last_good_received_on": "2026-11-23", "degraded_since": AS_OF, "age_days": 1,
                      "message_zh": "列变了", "message_en": "columns changed"},
        ],
        "rule": [
            {"rule_id": "vin:not_a_vin", "is_of_files": False, "effect": "quarantine", "zh": "不是车架号",
             "en": "not a VIN", "fix_zh": "补全", "fix_en": "complete it", "asks": "source"},
        ],
        "reference": [
            {"received_on": AS_OF, "source": "picc", "extract": "policies", "entity": "policy",
             "columns": "issuing_store_code", "target": "store", "referencing_records": 8, "unknown_records": 1,
             "limit_percent": 20, "is_above_limit": False, "message_zh": "", "message_en": "", "owner": "甲"},
        ],
        "seconds": [
            {"source": "picc", "extract": "policies", "file_name": "保单_20261123.csv", "version": 1,
             "received_on": AS_OF, "seconds": "0.250000"},
        ],
        "night": [
            {"as_of": day, "build_id": "0" * 16, "status": "healthy", "reasons": "", "_as_of": day}
            for day in ("2026-10-01", "2026-11-23")
        ],
        "propensity_training": [
            {"as_of": "2026-11-02", "training_decision": "too_little_data", "learn_from_month": "2025-11-01",
             "learn_vehicles": 3, "calibrate_vehicles": 0, "hold_out_vehicles": 0, "hold_out_renewed": 0,
             "_as_of": "2026-11-02"},
        ],
        "export": [
            {"as_of": "2026-11-23", "channel": "folder", "recipient": "S1", "file_name": "call_list.xlsx",
             "sha256": "0" * 64, "records": 4, "purpose": "renewal_calls", "delivered_at": "2026-11-23 04:00:00",
             "_as_of": "2026-11-23"},
        ],
    }  # fmt: skip


def archives(closings: dict[str, Rows]) -> dict[str, Rows]:
    """group_offer's list, the one on which A4 refused, what was told and what the closing froze."""
    offer = group_offer.archives()
    day = {"as_of": "2026-10-30", "list_for_on": "2026-10-30", "_as_of": "2026-10-30", "sequence_number": 1}
    line = {"list_id": "20261030-001-S1", "row_id": "r4", "store_id": "001", "staff_id": "S1", "vin": "A4"}
    listed = day | line | {"vehicle_key": "key-A4", "expiry_month": "2026-11-01", "phone": "13800000004"}
    colleague = {"as_of": "2026-11-23", "list_for_on": "2026-11-23", "_as_of": "2026-11-23", "sequence_number": 1,
                 "list_id": "20261123-001-S9", "row_id": "r112", "store_id": "001", "staff_id": "S9", "vin": "W112",
                 "vehicle_key": "key-W112", "expiry_month": "2026-11-01", "phone": "13800000012"}  # fmt: skip
    return told() | closings | {"call_list": [*offer["call_list"], listed, colleague]}


def run(folder: Path, monkeypatch: MonkeyPatch) -> Night:
    """Close October in a night of 4 November, then the night of 24 November with the lottery switched on."""
    from tests.dbt_project import test_closing as closing

    home = folder / "closed"
    monkeypatch.setenv("XUBAO_HOME", str(home))
    started = {"night": told()["night"][:1]}
    early = run_night(folder / "early", CLOSES_ON, entities(CLOSES_ON), started, select=closing.SELECT)
    assert early.exit_code == 0, early.stderr
    assert closing.closed(early, CLOSES_ON) == 1
    frozen = {what: rows for what, rows in closing.archives(home).items() if what.startswith("statement")}
    project = project_copy(folder / "project")
    with (project / "dbt_project" / "seeds" / "offer" / "offer_switch.csv").open("a", encoding="utf-8") as file:
        file.write(SWITCHED_ON)
    with (project / "dbt_project" / "seeds" / "calls" / "call_list_parameter.csv").open("a", encoding="utf-8") as file:
        file.write(SHORT_DAY)
    night = run_night(folder / "night", AS_OF, entities(), archives(frozen), project=project)
    assert night.exit_code == 0, night.stderr
    return night
