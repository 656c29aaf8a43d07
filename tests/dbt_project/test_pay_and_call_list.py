"""Pay and call lists through a whole build: parameters are data, and nobody is called against their wish."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from exports.dictionary import dictionary_csv
from exports.shelf import open_read_only
from tests.dbt_project.small_night import Night, Rows, project_copy, run_night

AS_OF = "2026-12-05"
LISTED_ON = "2026-12-03"
FULL = "driver_seat;passenger_seats;third_party;vehicle_damage"
SCRATCH = {"covers": "driver_seat;passenger_seats;scratch;third_party;vehicle_damage"}
pytestmark = pytest.mark.slow


def vin(number: int) -> str:
    return f"LSVAA4180E21000{number:02d}"


def cover(number: int, ends_on: str, signed_on: str, store_id: str = "001", phone: str | None = None) -> Rows:
    """A commercial and a compulsory policy of one vehicle, issued by the store."""
    ends = date.fromisoformat(ends_on)
    starts = (ends + timedelta(days=1)).replace(year=ends.year - 1)
    shared: dict[str, Any] = {
        "insurer_code": "PICC",
        "business_type": "renewal",
        "issuing_store_code": store_id,
        "vin": vin(number),
        "plate_number": f"陕A0000{number}",
        "insured_name": f"客户{number}",
        "insured_phone": phone or f"138000000{number:02d}",
        "signed_on": signed_on,
        "cover_starts_on": starts.isoformat(),
        "cover_ends_on": ends_on,
    }
    kinds = (("commercial", FULL, "3000.00"), ("compulsory", "compulsory", "950.00"))
    return [
        shared
        | {
            "policy_number": f"{kind[:4]}-{number}-{ends.year}",
            "policy_kind": kind,
            "covers": covers,
            "premium_amount": premium,
        }
        for kind, covers, premium in kinds
    ]


def listed(number: int, phone: str) -> dict[str, Any]:
    return {
        "list_id": "20261203-001-S1",
        "row_id": f"row{number}",
        "as_of": LISTED_ON,
        "list_for_on": LISTED_ON,
        "store_id": "001",
        "staff_id": "S1",
        "vin": vin(number),
        "vehicle_key": f"key{number}",
        "expiry_month": "2026-12-01",
        "phone": phone,
        "sequence_number": number,
        "_as_of": LISTED_ON,
    }


SHARED_PHONE = "13900000006"
ENTITIES: dict[str, Rows] = {
    "store": [
        {"store_id": "001", "store_name": "一店", "city": "西安", "plate_prefixes": "陕A"},
        {"store_id": "002", "store_name": "二店", "city": "西安", "plate_prefixes": "陕A"},
    ],
    "staff": [
        {
            "staff_id": "S1",
            "staff_name": "甲",
            "store_id": "001",
            "role": "renewal_specialist",
            "valid_from": "2020-01-01",
        },
        {
            "staff_id": "S2",
            "staff_name": "乙",
            "store_id": "002",
            "role": "renewal_specialist",
            "valid_from": "2020-01-01",
        },
        {
            "staff_id": "C1",
            "staff_name": "丙",
            "store_id": "001",
            "role": "information_clerk",
            "valid_from": "2026-11-16",
        },
        {
            "staff_id": "A1",
            "staff_name": "丁",
            "store_id": "001",
            "role": "service_advisor",
            "valid_from": "2020-01-01",
        },
        {
            "staff_id": "A2",
            "staff_name": "戊",
            "store_id": "001",
            "role": "service_advisor",
            "valid_from": "2026-11-20",
        },
    ],
    "staff_leave": [{"staff_id": "A2", "starts_on": "2026-12-04", "ends_on": "2026-12-05", "leave_kind": "annual"}],
    "repair_order": [
        {
            "order_number": "R1",
            "store_id": "001",
            "vin": vin(1),
            "staff_id": "A1",
            "order_kind": "customer_paid",
            "opened_at": "2026-10-02 10:00:00",
        },
        {
            "order_number": "R5",
            "store_id": "001",
            "vin": vin(5),
            "staff_id": "A2",
            "order_kind": "customer_paid",
            "opened_at": "2026-10-02 10:00:00",
        },
    ],
    "policy": [
        # three of four vehicles of November are renewed with full cover, the fourth has lapsed
        *(row for number in (1, 2, 3, 4) for row in cover(number, "2026-11-20", "2025-11-10")),
        *(row for number in (1, 2) for row in cover(number, "2027-11-20", "2026-11-05")),
        *(row | SCRATCH if row["policy_kind"] == "commercial" else row for row in cover(3, "2027-11-20", "2026-11-05")),
        *cover(5, "2026-12-20", "2025-12-10"),
        *cover(6, "2026-12-20", "2025-12-10", phone=SHARED_PHONE),
        *cover(7, "2026-12-25", "2025-12-10", store_id="002", phone=SHARED_PHONE),
        *cover(8, "2027-01-20", "2026-01-10"),
        *cover(9, "2026-12-12", "2025-12-01"),
    ],
    "quote": [
        {
            "insurer_code": "PICC",
            "quote_number": "q9",
            "vin": vin(9),
            "quoted_at": "2026-12-01 10:00:00",
            "commercial_amount": "2763.00",
            "compulsory_amount": "950.00",
        }
    ],
    "call_result": [
        {"list_id": "20261203-001-S1", "row_id": "row5", "result": "appointment", "next_contact_on": AS_OF},
        {"list_id": "20261203-001-S1", "row_id": "row6", "result": "offer_refused", "no_more_calls": True},
    ],
}
ARCHIVES: dict[str, Rows] = {
    "call_list": [listed(5, "13800000005"), listed(6, SHARED_PHONE)],
    "night": [{"as_of": LISTED_ON, "build_id": "b", "status": "healthy", "reasons": "", "_as_of": LISTED_ON}],
}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    built = run_night(tmp_path_factory.mktemp("pay"), AS_OF, ENTITIES, ARCHIVES)
    assert built.exit_code == 0, built.stderr
    return built


@pytest.fixture(scope="module")
def night_with_other_seeds(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The same inputs; one tier pays less, and store 001 calls from 50 days before expiry."""
    project = project_copy(tmp_path_factory.mktemp("project"))
    tiers = project / "dbt_project" / "seeds" / "pay" / "bonus_tier.csv"
    change(tiers, "70.00,false,1000000.00,true,1.8000,1.8000,step", "70.00,false,1000000.00,true,1.2000,1.2000,step")
    parameters = project / "dbt_project" / "seeds" / "calls" / "call_list_parameter.csv"
    with parameters.open("a", encoding="utf-8") as file:
        file.write("earliest_call_days,001,2000-01-01,9999-12-31,50\n")
    incentives = project / "dbt_project" / "seeds" / "pay" / "incentive_rule.csv"
    row = "service_advisor,2,insured_here_last_year,standard,"
    change(incentives, f"*,{row}0.00", f"*,{row}50.00")
    change(project / "dbt_project" / "seeds" / "pay" / "high_margin_cover.csv", "*,scratch,0.00", "*,scratch,30.00")
    select = "+kpi_staff_bonus_monthly +staff_incentive_monthly +kpi_incentive_store_monthly +fct_suppressed_vehicle"
    built = run_night(tmp_path_factory.mktemp("other"), AS_OF, ENTITIES, ARCHIVES, project=project, select=select)
    assert built.exit_code == 0, built.stderr
    return built


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def november_bonus(night: Night) -> list[tuple[Any, ...]]:
    return night.rows(
        "select staff_id, renewable_vehicles, renewed_vehicles, full_cover_vehicles, base_amount::varchar,"
        " bonus_amount::varchar from restricted.restricted.kpi_staff_bonus_monthly"
        " where month = date '2026-11-01' order by staff_id"
    )


def suppressed(night: Night) -> dict[str, str]:
    """VIN → reason of the vehicles that are not called."""
    return dict(
        night.rows(
            "select vin, suppressed_by from work.intermediate.int_call_gate_judge where suppressed_by is not null"
        )
    )


def test_three_of_four_vehicles_with_full_cover_pay_the_highest_bonus_and_half_a_month_half_a_base(
    night: Night,
) -> None:
    assert november_bonus(night) == [
        ("C1", 4, 3, 3, "1000.00", "2700.00"),
        ("S1", 4, 3, 3, "2000.00", "5400.00"),
    ]


def test_the_next_vehicle_is_worth_nothing_with_full_cover_and_half_the_bonus_without(night: Night) -> None:
    """3 of 4 with 3 full pay base x 1.5 x 1.8. One more: 4 of 4 with 4 full pays the same; with 3 full A is
    round(75 %) = 0.75, so 2000 x 0.75 x 1.8 = 2,700 is 2,700 less; the clerk's base is half of it."""
    rows = night.rows(
        "select staff_id, next_full_cover_value::varchar, next_basic_value::varchar, is_plan_defect"
        " from restricted.restricted.next_vehicle_value where month = date '2026-11-01' order by staff_id"
    )
    assert rows == [("C1", "0.00", "-1350.00", True), ("S1", "0.00", "-2700.00", True)]
    shown = night.rows(
        "select distinct next_full_cover_value::varchar, tier_a, tier_b"
        " from restricted.restricted.kpi_staff_bonus_monthly where month = date '2026-11-01'"
    )
    assert shown == [("0.00", 4, 5)]


def test_tiers_renumbered_in_the_seed_change_the_bonus(night_with_other_seeds: Night) -> None:
    assert [row[-1] for row in november_bonus(night_with_other_seeds)] == ["1800.00", "3600.00"]


def test_incentives_go_to_whoever_won_in_the_step_and_pay_what_the_seed_says(night_with_other_seeds: Night) -> None:
    """Three wins 15 days before expiry, so in step 2: advisor A1 last served vehicle 1 and, as the store's only one, is
    whose turn it is at 2 and 3 too (50 yuan by the changed rule); vehicle 3 holds the scratch cover (30 yuan)."""
    rows = night_with_other_seeds.rows(
        "select staff_id, role, incentive_kind, won_by_step, cover_code, units, incentive_amount::varchar"
        " from restricted.restricted.staff_incentive_monthly where month = date '2026-11-01' order by all"
    )
    assert rows == [
        ("A1", "service_advisor", "high_margin_cover", 2, "scratch", 1, "30.00"),
        ("A1", "service_advisor", "renewed_vehicle", 2, None, 3, "150.00"),
    ]
    totals = night_with_other_seeds.rows(
        "select incentive_kind, role, staff_members, units, incentive_amount::varchar"
        " from analytics.marts.kpi_incentive_store_monthly where month = date '2026-11-01' order by all"
    )
    assert totals == [
        ("high_margin_cover", "service_advisor", 1, 1, "30.00"),
        ("renewed_vehicle", "service_advisor", 1, 3, "150.00"),
    ]


def test_the_statements_lines_add_up_to_the_bonus_numerators(night: Night) -> None:
    differences = night.rows(
        "select * from restricted.restricted.kpi_staff_bonus_monthly as bonus left join ("
        " select store_id, staff_id, role, month, count(*) filter (where is_renewable) as renewable,"
        " count(*) filter (where is_counted) as counted,"
        " count(*) filter (where is_counted and is_full_cover) as full_cover"
        " from restricted.restricted.statement_line group by all"
        ") as lines using (store_id, staff_id, role, month)"
        " where (renewable_vehicles, renewed_vehicles, full_cover_vehicles)"
        " <> (coalesce(renewable, 0), coalesce(counted, 0), coalesce(full_cover, 0))"
    )
    assert differences == []
    reasons = night.rows(
        "select vin_last_6, reason from restricted.restricted.statement_line"
        " where staff_id = 'S1' and month = date '2026-11-01' order by vin_last_6"
    )
    assert reasons == [
        ("100001", "counted"),
        ("100002", "counted"),
        ("100003", "counted"),
        ("100004", "not_renewed_yet"),
    ]


def test_the_list_is_in_the_stated_order_and_says_why(night: Night) -> None:
    """Vehicle 5 is in step 2, so the advisor's; the specialist has the last step and the recall."""
    rows = night.rows(
        "select staff_id, right(phone, 2), step_name, urgency, call_reason from restricted.restricted.call_list"
        " order by staff_id, sequence_number"
    )
    assert rows == [
        ("A1", "05", "第二步", "promised", "还有15天到期;去年在本店投保;上次已预约;约定今天联系;尚无今年报价记录"),
        ("S1", "09", "第三步", "last_10_days", "还有7天到期;去年在本店投保;今年报价比去年低6%"),
        ("S1", "04", "脱保追回", "overdue", "已脱保15天;去年在本店投保;尚无今年报价记录"),
    ]


def test_who_asked_for_no_more_calls_is_called_by_no_store(night: Night) -> None:
    assert suppressed(night) == {vin(6): "do_not_call", vin(7): "do_not_call", vin(8): "too_early"}


def test_a_stores_own_first_day_of_calling_beats_the_groups(night_with_other_seeds: Night) -> None:
    assert vin(8) not in suppressed(night_with_other_seeds)


def test_every_candidate_is_on_one_list_or_suppressed_with_a_reason(night: Night) -> None:
    assert night.rows("select count(*) from work.intermediate.int_call_candidate_select") == night.rows(
        "select (select count(*) from analytics.marts.fct_call_list)"
        " + (select count(*) from analytics.marts.fct_suppressed_vehicle)"
    )
    assert not night.rows(
        "select vehicle_key from analytics.marts.fct_call_list"
        " intersect select vehicle_key from analytics.marts.fct_suppressed_vehicle"
    )


def test_every_open_vehicle_has_one_person_who_is_at_work_in_that_role(night: Night) -> None:
    """Listed or not: 4 (recall), 9 (step 3), 6 (refused in step 2, so handed over) and the early 8 are the specialist's,
    5 is the advisor's, 7 is in a store without an advisor."""
    rows = night.rows(
        "select right(vin, 1), position.step, owner_id, owner_role, count(distinct staff.staff_id)"
        " from work.intermediate.int_due_vehicle as due"
        " left join work.intermediate.int_cascade_position as position using (store_id, vin, expiry_month)"
        " left join work.staging.stg_dms__staff as staff on owner_id = staff.staff_id and owner_role = staff.role"
        " and due.store_id = staff.store_id and list_for_on >= staff.valid_from"
        " where due.outcome = 'open' and expiry_month < date '2027-02-01' group by all order by all"
    )
    assert rows == [
        ("4", "recall", "S1", "renewal_specialist", 1),
        ("5", "step_2", "A1", "service_advisor", 1),
        ("6", "step_3", "S1", "renewal_specialist", 1),
        ("7", "step_2", "S2", "renewal_specialist", 1),
        ("8", "preparation", "S1", "renewal_specialist", 1),
        ("9", "step_3", "S1", "renewal_specialist", 1),
    ]


def test_who_is_on_leave_gets_no_list_and_keeps_the_vehicle(night: Night) -> None:
    """5 is A2's, who served it last and is away: A1 has the row of the day, A2 the step."""
    sql = "select owner_id, due_by from {} where vin = '" + vin(5) + "' and step = 'step_2'"
    assert night.rows(sql.format("work.intermediate.int_cascade_step")) == [("A2", date(2026, 12, 5))]
    assert night.rows(sql.format("work.intermediate.int_cascade_position")) == [("A1", date(2026, 12, 5))]
    lists = "select distinct staff_id from {} where staff_id in ('A1', 'A2')"
    for table in ("restricted.restricted.call_list_recipient", "restricted.restricted.list_recipient"):
        assert night.rows(lists.format(table)) == [("A1",)]


def test_somebody_without_a_vehicle_to_call_gets_an_empty_list(night: Night) -> None:
    recipients = night.rows(
        "select staff_id, role, list_id, rows from restricted.restricted.call_list_recipient order by staff_id"
    )
    assert recipients == [
        ("A1", "service_advisor", "20261205-001-A1", 1),
        ("S1", "renewal_specialist", "20261205-001-S1", 2),
        ("S2", "renewal_specialist", "20261205-002-S2", 0),
    ]


def test_what_is_archived_is_what_is_listed(night: Night) -> None:
    columns = "list_id, row_id, as_of, list_for_on, store_id, staff_id, vehicle_key, expiry_month, step, phone, sequence_number"
    assert night.rows(f"select {columns} from work.archive.call_list order by all") == night.rows(
        f"select {columns} from restricted.restricted.call_list order by all"
    )


def test_no_id_of_a_row_can_be_taken_for_a_number(night: Night) -> None:
    """Excel makes 1e+11 of 123456789012 when a list is saved as CSV; the letter in front keeps it a text."""
    ids = [row_id for (row_id,) in night.rows("select row_id from restricted.restricted.call_list")]
    assert ids and all(re.fullmatch(r"r[0-9a-f]{12}", row_id) for row_id in ids)


def test_every_column_of_a_list_or_statement_has_words(night: Night) -> None:
    """Marts have theirs in the YAML beside them (dictionary.csv); what is printed on a workbook needs a label."""
    missing = night.rows(
        "with columns as ("
        " select 'kpi.' || column_name as key from duckdb_columns()"
        " where database_name = 'restricted' and table_name in ('kpi_staff_bonus_monthly', 'next_vehicle_value',"
        " 'staff_incentive_monthly', 'statement_adjustment')"
        " union select 'call_list.' || column_name from duckdb_columns()"
        " where database_name = 'restricted' and table_name = 'call_list' and column_name not in"
        " ('script_en', 'last_result_code', 'action', 'situation', 'step', 'vehicle_key', 'expiry_month'))"
        " select key from columns anti join analytics.marts.dim_label as labels using (key) order by key"
    )
    assert missing == []


def test_every_column_of_a_kpi_has_words_in_the_dictionary(night: Night) -> None:
    with open_read_only(night.folder / "analytics.duckdb") as connection:
        rows = list(csv.DictReader(io.StringIO(dictionary_csv(connection).decode())))
    missing = [f"{r['table']}.{r['column']}" for r in rows if r["table"].startswith("kpi_") and r["zh"] == r["column"]]
    assert missing == []
