"""The due universe of ten vehicles, checked by hand, and how it moves from night to night."""

from __future__ import annotations

import hashlib
import hmac
from decimal import Decimal
from pathlib import Path

from tests.dbt_project import group
from tests.dbt_project.small_night import KEY, Night, project_copy, run_night

NOVEMBER = "where expiry_month = date '2026-11-01'"


def test_each_vehicle_has_the_outcome_that_its_papers_tell(first_night: Night) -> None:
    sql = f"select vin, segment, trade_type, outcome, renewed_kind from work.intermediate.int_due_vehicle {NOVEMBER}"
    here = "insured_here_last_year"
    assert sorted(first_night.rows(sql)) == [
        ("V01", here, "continued", "renewed_here", "both"),
        ("V02", here, "continued", "open", None),
        ("V03", here, "continued", "open", None),
        ("V04", here, "continued", "renewed_elsewhere", "commercial_only"),
        ("V05", here, "continued", "renewed_elsewhere", None),
        ("V07", here, "continued", "lost", None),
        ("V09", "policy_known", "potential", "open", None),
        ("V10", here, "new_to_renewal", "open", None),
    ]


def test_what_left_left_for_a_reason(first_night: Night) -> None:
    sql = f"select vin, status from work.intermediate.int_due_vehicle_left {NOVEMBER}"
    assert first_night.rows(sql) == [("V06", "sold")]


def test_the_earlier_of_two_expiries_is_shown_and_commercial_governs(first_night: Night) -> None:
    sql = f"""select expires_on::varchar, first_expires_on::varchar, compulsory_expires_on::varchar
        from work.intermediate.int_due_vehicle {NOVEMBER} and vin = 'V03'"""
    assert first_night.rows(sql) == [("2026-11-20", "2026-11-20", "2026-12-05")]


def test_an_endorsement_changes_the_premium_and_doubles_nothing(first_night: Night) -> None:
    sql = f"""select expiring_premium_amount, full_cover_on is not null, renewed_on::varchar
        from work.intermediate.int_due_vehicle {NOVEMBER} and vin = 'V01'"""
    assert first_night.rows(sql) == [(Decimal("5900.00"), True, "2026-10-02")]


def test_an_estimated_expiry_rolls_from_leap_day_to_28_february(first_night: Night) -> None:
    sql = """select expires_on::varchar, segment, outcome, frozen_on::varchar, is_frozen
        from work.intermediate.int_due_vehicle where vin = 'V08' order by 1"""
    assert first_night.rows(sql) == [
        ("2025-02-28", "out_of_town", "lost", "2024-12-01", True),
        ("2026-02-28", "out_of_town", "lost", "2025-12-01", True),
        ("2027-02-28", "out_of_town", "open", "2026-12-01", False),
    ]


def test_a_visit_after_the_freeze_does_not_move_the_home_store(first_night: Night) -> None:
    sql = f"select store_id, last_visit_on::varchar from work.intermediate.int_due_vehicle {NOVEMBER} and vin = 'V09'"
    assert first_night.rows(sql) == [("001", "2026-09-01")]


def test_only_staff_active_on_the_freeze_day_own_a_book(first_night: Night) -> None:
    sql = f"select distinct book_owner from work.intermediate.int_due_vehicle {NOVEMBER}"
    assert first_night.rows(sql) == [("S1",)]


def test_rates_and_targets_count_vehicles(first_night: Night) -> None:
    sql = f"""select segment, due_vehicles, renewed_here, renewed_elsewhere, lost, open, target_vehicles, is_matured
        from analytics.marts.kpi_renewal_rate_monthly {NOVEMBER} order by segment"""
    assert first_night.rows(sql) == [
        ("insured_here_last_year", 7, 1, 2, 1, 3, 6, False),
        ("policy_known", 1, 0, 0, 0, 1, 1, False),
    ]


def test_pseudonyms_are_hmac_sha256_of_the_key(first_night: Night) -> None:
    expected = {hmac.new(KEY, f"vin:V{n:02d}".encode(), hashlib.sha256).hexdigest()[:32] for n in range(1, 11)}
    keys = {row[0] for row in first_night.rows("select vehicle_key from analytics.marts.fct_due_vehicle")}
    assert keys <= expected


def test_analytics_holds_no_personal_data(first_night: Night) -> None:
    columns = first_night.rows("""select schema_name, table_name, column_name from duckdb_columns()
        where database_name = 'analytics' and data_type = 'VARCHAR'""")
    held = set()
    for schema, table, column in columns:
        held |= {row[0] for row in first_night.rows(f'select distinct "{column}" from analytics.{schema}.{table}')}
    text = "\n".join(str(value) for value in held)
    for row in group.entities()["policy"]:
        for secret in ("vin", "plate_number", "insured_name", "insured_phone"):
            assert row[secret] not in text


def archived(night: Night, what: str, as_of: str) -> list[dict[str, object]]:
    """What a night would archive, as the next night reads it."""
    names = [row[0] for row in night.rows(f"select column_name from (describe work.archive.{what})")]
    rows = night.rows(f"select * from work.archive.{what} order by all")
    return [dict(zip(names, row, strict=True)) | {"_as_of": as_of, "_revision": 1} for row in rows]


def test_the_next_night_keeps_what_was_frozen_and_its_bridge_reconciles(first_night: Night, tmp_path: Path) -> None:
    rows = group.entities()
    rows["staff"][0]["valid_to"] = "2026-08-01"  # a correction that would give S1's book to nobody
    rows["ownership_change"].append(
        {"change_number": "O3", "store_id": "001", "vin": "V03", "change_kind": "scrapped",
         "changed_on": "2026-11-24", "recorded_on": "2026-11-24"}
    )  # fmt: skip
    archives = {what: archived(first_night, what, group.AS_OF) for what in ("due_universe", "assignment")}
    night = run_night(tmp_path, "2026-11-25", rows, archives)
    assert night.exit_code == 0, night.stderr
    bridge = f"""select opening, new, sold, scrapped, closing, residual
        from analytics.marts.fct_renewal_bridge {NOVEMBER} and store_id = '001'"""
    assert night.rows(bridge) == [(8, 0, 0, 1, 7, 0)]
    owners = f"select distinct book_owner from work.intermediate.int_due_vehicle {NOVEMBER}"
    assert night.rows(owners) == [("S1",)]
    renewed = f"select vin from work.intermediate.int_due_vehicle {NOVEMBER} and outcome = 'renewed_here' order by vin"
    assert night.rows(renewed) == [("V01",), ("V10",)]


def test_a_changed_seed_changes_target_and_segment_without_touching_sql(tmp_path: Path) -> None:
    project = project_copy(tmp_path / "project")
    seeds = project / "dbt_project" / "seeds" / "universe"
    targets = seeds / "segment_target.csv"
    text = targets.read_text(encoding="utf-8")
    changed = "*,policy_known,base,0.3000,1900-01-01,2026-06-30\n*,policy_known,base,0.9000,2026-07-01,\n"
    targets.write_text(text.replace("*,policy_known,base,0.3000,1900-01-01,\n", changed), encoding="utf-8")
    segments = seeds / "segment.csv"
    text = segments.read_text(encoding="utf-8")
    text = text.replace("*,insured_here_last_year,1,", "*,insured_here_last_year,9,")
    segments.write_text(text, encoding="utf-8")
    parameters = seeds / "renewal_parameter.csv"
    own = "001,window_before_days,10,days,this store counts later renewals only,1900-01-01,\n"
    parameters.write_text(parameters.read_text(encoding="utf-8") + own, encoding="utf-8")

    night = run_night(tmp_path / "night", group.AS_OF, group.entities(), project=project)
    assert night.exit_code == 0, night.stderr
    sql = f"""select segment, due_vehicles, target_rate, target_vehicles
        from analytics.marts.kpi_renewal_rate_monthly {NOVEMBER}"""
    assert night.rows(sql) == [("policy_known", 8, Decimal("0.9000"), 8)]


def test_policies_alone_are_enough(tmp_path: Path) -> None:
    def year(number: str, vin: str, of: int) -> group.Row:
        start = f"{of}-01-01"
        return group.policy(number, vin, start, start, f"{of}-12-31", issuing_store_code="FR", sales_channel="A")

    policies = [year("1-2003", "1", 2003), year("1-2004", "1", 2004), year("2-2003", "2", 2003)]
    night = run_night(tmp_path, "2004-02-01", {"policy": policies})
    assert night.exit_code == 0, night.stderr
    sql = """select store_id, sales_channel, outcome, count(*) from analytics.marts.fct_due_vehicle
        where expiry_month = date '2003-12-01' group by all order by outcome"""
    assert night.rows(sql) == [("FR", "A", "lost", 1), ("FR", "A", "renewed_here", 1)]


def test_of_two_files_received_together_the_later_day_counts_and_an_old_compulsory_end_does_not_drive(
    tmp_path: Path,
) -> None:
    """W01: the file of the later day is in force whatever its hash; W02: its compulsory cover was renewed in May."""
    compulsory = {"policy_kind": "compulsory", "covers": "compulsory"}
    policies = [
        group.policy(
            "1", "W01", "2025-11-01", "2025-12-01", "2026-12-10", _business_date="2026-11-19", _sha8="00000001"
        ),
        group.policy(
            "1", "W01", "2025-11-01", "2025-12-01", "2026-10-10", _business_date="2026-11-17", _sha8="ffffffff"
        ),
        group.policy("2", "W02", "2025-11-01", "2025-12-16", "2026-12-15"),
        group.policy("3", "W02", "2025-05-20", "2025-06-21", "2026-06-20", **compulsory),
        group.policy("4", "W02", "2026-05-20", "2026-06-21", "2027-06-20", **compulsory),
    ]
    night = run_night(tmp_path, group.AS_OF, {**group.entities(), "policy": policies})
    assert night.exit_code == 0, night.stderr
    sql = """select vin, expires_on::varchar, first_expires_on::varchar from work.intermediate.int_due_vehicle
        where vin in ('W01', 'W02') and expiry_month = date '2026-12-01' order by vin"""
    assert night.rows(sql) == [("W01", "2026-12-10", "2026-12-10"), ("W02", "2026-12-15", "2026-12-15")]
