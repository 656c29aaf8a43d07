"""Whatever calls, wishes, cases and calendars come together: the gate lists nobody against a rule of DOMAIN §6.

Hypothesis makes small groups of vehicles that share numbers and customers; the compiled SQL judges them in DuckDB, and
tests/recomputed/gate.py says day by day what the rules are.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dbt_project.plugin import session_variables
from tests.dbt_project.compiled import compiled as compiled_sql
from tests.dbt_project.small_night import prepare
from tests.recomputed.gate import Row, Rules

AS_OF = date(2026, 11, 25)  # a Wednesday
FAR = 430
"""Days within which everything that ends here has ended."""
GIVEN = {
    "int_store_list": "store_id text",
    "int_month_list": "expiry_month date, is_due_month bool",
    "statutory_day": "day date, kind text",
    "int_working_calendar_resolve":
        "store_id text, weekday bigint, effective_from date, effective_to date, is_working_day bool",
    "int_call_list_parameter_resolve":
        "store_id text, parameter text, effective_from date, effective_to date, value bigint",
    "given_candidate":
        "store_id text, vin text, first_expires_on date, expires_on date, is_contactable bool, phone text,"
        " recipient_id text, recipient_role text, step_entered_on date, vehicle_key text, expiry_month date",
    "int_call_result_newest":
        "vin text, last_result text, last_effect text, is_answer bool, last_result_on date, next_contact_on date,"
        " last_result_phone text, last_reason_group text, feedback_zh text, feedback_en text, new_phone text",
    "int_call_result_match": "vin text, phone text, new_phone text, is_do_not_call bool",
    "int_call_fold": "store_id text, direction text, phone text, called_on date, talk_seconds bigint",
    "stg_dms__do_not_call": "customer_id text, phone text, requested_on date, ends_on date",
    "stg_dms__consent":
        "consent_number text, customer_id text, phone text, purpose text, is_given bool, decided_on date, ends_on date",
    "int_open_case": "vin text, open_complaints bigint, open_disputes bigint",
    "int_vehicle_merge": "vin text, customer_store_id text, customer_id text",
    "int_customer_phone": "store_id text, customer_id text, phone text",
    "int_due_contact": "vin text, customer_id text, phone text",
}  # fmt: skip
MADE = (
    "int_working_day", "int_call_list_day", "int_call_list_parameter_daily", "int_call_candidate_select", "int_phone_contact_day",
    "int_call_contact_summarize", "int_consent_withdraw", "int_do_not_call_bind", "int_call_stop",
    "int_call_contact_schedule", "int_call_gate_judge",
)  # fmt: skip
CANDIDATES = """
select given_candidate.*, days.list_for_on, (first_expires_on - days.list_for_on)::integer as days_left
from work.intermediate.given_candidate inner join work.intermediate.int_call_list_day as days using (store_id)
"""
"""Who is a candidate is not the gate's question."""
PHONES, CUSTOMERS, STORES = ("13800000001", "13800000002", "13800000003"), ("A", "B", "C"), ("001", "002")
FIXED = {"valid_contact_seconds": 20, "contact_history_days": 90, "claimed_renewal_days": 7, "last_call_days": 30,
         "do_not_call_months": 12}  # fmt: skip


class Gate:
    """The gate's compiled models over given tables, all in memory."""

    def __init__(self, folder: Path) -> None:
        build, environment = prepare(folder, str(AS_OF))
        compiled = {one["relation"].rsplit(".", 1)[1]: one for one in compiled_sql()[0]}
        self.connection = duckdb.connect(config={"threads": 1})
        with mock.patch.dict(os.environ, environment):
            for name, sql, value in session_variables(build):
                self.connection.execute(f"set variable {name} = {sql}", [value])
        for database in ("work", "scratch"):
            self.connection.execute(f"attach ':memory:' as {database}")
        for schema in ("intermediate", "staging", "seeds"):
            self.connection.execute(f"create schema work.{schema}; create schema scratch.{schema}")
        self.names = {name: compiled[name]["relation"] if name in compiled else f"work.intermediate.{name}"
                      for name in (*GIVEN, *MADE)}  # fmt: skip
        for name, columns in GIVEN.items():
            self.connection.execute(f"create table {self.names[name]} ({columns})")
        candidates = CANDIDATES.replace("work.intermediate.int_call_list_day", self.names["int_call_list_day"])
        for name in MADE:
            sql = candidates if name == "int_call_candidate_select" else compiled[name]["sql"]
            self.connection.execute(f"create view {self.names[name]} as {sql}")

    def judge(self, tables: dict[str, list[Row]]) -> dict[str, Row]:
        """Fill the given tables; the gate's row of each vehicle."""
        for name in GIVEN:
            self.connection.execute(f"delete from {self.names[name]}")
            for row in tables[name]:
                marks = ", ".join("?" for _ in row)
                self.connection.execute(
                    f"insert into {self.names[name]} ({', '.join(row)}) values ({marks})", list(row.values())
                )
        cursor = self.connection.execute(f"from {self.names['int_call_gate_judge']}")
        columns = [column[0] for column in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        assert len({row["vin"] for row in rows}) == len(rows)
        return {row["vin"]: row for row in rows}


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate"))


def day(first: int, last: int) -> st.SearchStrategy[date]:
    return st.integers(first, last).map(lambda count: AS_OF + timedelta(days=count))


BOUNDS = st.sampled_from([41, 42, 40, 43, 21, 20, 8, 7, 0, -1])
"""Days to the earlier expiry around which a rule changes its mind."""


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


@st.composite
def groups(draw: st.DrawFn) -> dict[str, Any]:
    """Two stores with their parameters and calendars, some vehicles, and what happened to them."""
    few = st.integers(0, 7)
    parameters = {
        store: FIXED | {
            "earliest_call_days": draw(st.sampled_from([40, 40, 20])), "recontact_far_days": draw(few),
            "recontact_middle_from_days": 20, "recontact_middle_days": draw(few), "recontact_near_from_days": 7,
            "recontact_near_days": draw(few), "recontact_lapsed_days": draw(few), "recontact_no_answer_days": draw(few),
            "unanswered_per_day": draw(st.integers(1, 3)), "unanswered_per_week": draw(st.integers(1, 6)),
            "open_case_stops_calls": draw(st.sampled_from([1, 1, 0])),
            "statutory_days_count": draw(st.sampled_from([1, 1, 0])),
            "calls_on_statutory_holidays": draw(st.sampled_from([0, 0, 1])),
        } for store in STORES
    }  # fmt: skip
    weekdays = st.sets(st.integers(1, 7), min_size=1)
    statutory = st.dictionaries(day(-1, 12), st.sampled_from(["holiday", "holiday", "make_up_working_day"]), max_size=6)
    vehicles = [
        {
            "vin": f"V{number}", "store_id": draw(st.sampled_from(STORES)), "customer_id": draw(maybe(st.sampled_from(CUSTOMERS))),
            "phone": draw(st.sampled_from((*PHONES, *PHONES, None))), "is_contactable": draw(st.sampled_from([True] * 5 + [False])),
            "first_expires_on": draw(st.one_of(BOUNDS.map(later), day(-30, 50))), "recipient_id": draw(st.sampled_from(["S1", "S1", "S1", None])),
        } for number in range(draw(st.integers(1, 6)))
    ]  # fmt: skip
    for vehicle in vehicles:
        vehicle["expires_on"] = vehicle["first_expires_on"] + timedelta(days=draw(st.integers(0, 5)))
        begun = vehicle["first_expires_on"] + timedelta(days=1)  # of what has lapsed
        vehicle["step_entered_on"] = begun if begun <= AS_OF else draw(maybe(day(-14, 1)))
    vins = st.sampled_from([vehicle["vin"] for vehicle in vehicles])
    effects = st.sampled_from(["contact", "contact", "no_contact", "wrong_number", "refused", "lost", "claimed"])
    result = st.fixed_dictionaries({
        "vin": vins, "last_effect": effects, "is_answer": st.booleans(), "last_result_on": day(-12, -1),
        "next_contact_on": maybe(day(-12, 20)), "last_result_phone": st.sampled_from(PHONES),
        "new_phone": maybe(st.sampled_from(PHONES)),
    })  # fmt: skip
    call = st.fixed_dictionaries({
        "store_id": st.sampled_from(STORES), "direction": st.sampled_from(["outbound", "outbound", "inbound"]),
        "phone": st.sampled_from(PHONES), "called_on": st.one_of(st.sampled_from([-7, -6]).map(later), day(-9, -1)), "talk_seconds": st.sampled_from([0, 0, 19, 20]),
    })  # fmt: skip
    wish = st.fixed_dictionaries({
        "customer_id": maybe(st.sampled_from(CUSTOMERS)), "phone": maybe(st.sampled_from(PHONES)),
        "requested_on": day(-400, -1), "ends_on": maybe(day(-100, 400)),
    })  # fmt: skip
    consent = st.fixed_dictionaries({
        "customer_id": st.sampled_from(["A", "A", "B"]), "phone": st.sampled_from([None, None, PHONES[0]]),
        "purpose": st.sampled_from(["renewal_call", "personal_data", "message"]), "is_given": st.booleans(),
        "decided_on": day(-2, -1), "ends_on": maybe(day(-5, 60)),
    })  # fmt: skip
    case = st.fixed_dictionaries({
        "vin": st.one_of(vins, st.just("OTHER")), "open_complaints": st.integers(0, 1), "open_disputes": st.integers(0, 1),
    })  # fmt: skip
    return owned({
        "parameters": parameters, "working": {store: draw(weekdays) for store in STORES}, "statutory": draw(statutory),
        "vehicles": vehicles,
        "results": draw(st.lists(result, max_size=3, unique_by=lambda row: row["vin"])),
        "calls": draw(st.lists(call, max_size=12)), "wishes": draw(st.lists(wish, max_size=2)),
        "consents": draw(st.lists(consent, max_size=4)),
        "cases": draw(st.lists(case, max_size=2, unique_by=lambda row: row["vin"])),
    })  # fmt: skip


def owned(group: dict[str, Any]) -> dict[str, Any]:
    """The group and whose its vehicles are. Customer C owns a vehicle that is not due."""
    return group | {"owners": {v["vin"]: v["customer_id"] for v in group["vehicles"]} | {"OTHER": "C"}}


def tables(group: dict[str, Any]) -> dict[str, list[Row]]:
    """The group as the gate's inputs."""
    ever = {"effective_from": date(2000, 1, 1), "effective_to": date(9999, 12, 31)}
    vehicles = group["vehicles"]
    return {
        "int_store_list": [{"store_id": store} for store in STORES],
        "int_month_list": [{"expiry_month": AS_OF.replace(day=1), "is_due_month": True}],
        "statutory_day": [{"day": on, "kind": kind} for on, kind in group["statutory"].items()],
        "int_working_calendar_resolve": [
            {"store_id": store, "weekday": number, "is_working_day": number in group["working"][store]} | ever
            for store in STORES for number in range(1, 8)
        ],
        "int_call_list_parameter_resolve": [
            {"store_id": store, "parameter": name, "value": value} | ever
            for store, named in (group["parameters"] | {"*": FIXED}).items() for name, value in named.items()
        ],
        "given_candidate": [
            {name: value for name, value in vehicle.items() if name != "customer_id"} for vehicle in vehicles
        ],
        "int_call_result_newest": group["results"],
        "int_call_result_match": [],
        "int_call_fold": group["calls"],
        "stg_dms__do_not_call": group["wishes"],
        "stg_dms__consent": [{"consent_number": f"{n}"} | row for n, row in enumerate(group["consents"])],
        "int_open_case": group["cases"],
        "int_vehicle_merge": [
            {"vin": vin, "customer_store_id": "001", "customer_id": customer} for vin, customer in group["owners"].items()
        ],
        "int_customer_phone": [],
        "int_due_contact": [{name: v[name] for name in ("vin", "customer_id", "phone")} for v in vehicles],
    }  # fmt: skip


def later(count: int) -> date:
    return AS_OF + timedelta(days=count)


STRICTEST = ("do_not_call", "no_consent", "open_complaint", "open_dispute", "no_phone", "too_early", "no_recipient",
             "wrong_number", "offer_refused", "reported_lost", "claimed_renewal", "call_limit",
             "recontact_interval")  # fmt: skip


def quiet(**happened: Any) -> dict[str, Any]:
    """A group of one vehicle that may be called on AS_OF, but for what `happened`."""
    numbers = FIXED | {
        "earliest_call_days": 40, "recontact_far_days": 7, "recontact_middle_from_days": 20, "recontact_middle_days": 3,
        "recontact_near_from_days": 7, "recontact_near_days": 1, "recontact_lapsed_days": 3,
        "recontact_no_answer_days": 1, "unanswered_per_day": 2, "unanswered_per_week": 6, "open_case_stops_calls": 1,
        "statutory_days_count": 1, "calls_on_statutory_holidays": 0,
    }  # fmt: skip
    vehicle = {
        "vin": "V0", "store_id": "001", "customer_id": "A", "phone": PHONES[0], "is_contactable": True,
        "first_expires_on": later(30), "expires_on": later(30), "recipient_id": "S1",
        "step_entered_on": later(-10),
    }  # fmt: skip
    nothing: dict[str, Any] = {name: [] for name in ("results", "calls", "wishes", "consents", "cases")}
    always = {store: set(range(1, 8)) for store in STORES}
    group = {"parameters": dict.fromkeys(STORES, numbers), "working": always, "statutory": {}, "vehicles": [vehicle]}
    return owned(group | nothing | happened)


def unanswered(ago: int) -> Row:
    call = {"store_id": "002", "direction": "outbound", "phone": PHONES[0], "talk_seconds": 0}
    return call | {"called_on": later(-ago)}


def decided(is_given: bool) -> Row:
    about = {"customer_id": "A", "phone": None, "purpose": "renewal_call", "ends_on": None}
    return about | {"is_given": is_given, "decided_on": later(-2)}


@example(group=quiet(calls=[unanswered(6)] * 6))
@example(group=quiet(calls=[unanswered(7)] * 6))
@example(group=quiet(statutory={later(n): "holiday" for n in range(8)}, calls=[unanswered(6)] * 6))
@example(group=quiet(consents=[decided(True), decided(False)]))
@example(group=quiet(consents=[decided(False), decided(True)]))
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(group=groups())
def test_nobody_is_listed_against_a_rule_and_everybody_is_listed_or_has_a_reason_and_a_release(
    gate: Gate, group: dict[str, Any]
) -> None:
    judged, rules = gate.judge(tables(group)), Rules(group, AS_OF)
    assert set(judged) == {vehicle["vin"] for vehicle in group["vehicles"]}
    allowed = []
    for vehicle in group["vehicles"]:
        row, on = judged[vehicle["vin"]], rules.list_day(vehicle["store_id"])
        assert row["list_for_on"] == on and row["phone"] == rules.phone(vehicle)
        if against := rules.against(vehicle, on):
            assert row["suppressed_by"] == next(reason for reason in STRICTEST if reason in against)
            days = (on + timedelta(days=count) for count in range(1, FAR))
            free = next((free for free in days if not rules.against(vehicle, free)), None)
            assert row["release_on"] == (free and rules.next_call_day(vehicle["store_id"], free))
        else:
            allowed.append(vehicle)
    order = sorted(allowed, key=lambda v: (not rules.is_promise_due(v, rules.list_day(v["store_id"])),
                                           judged[v["vin"]]["days_left"], v["vin"]))  # fmt: skip
    taken: Counter[str] = Counter()
    for vehicle in order:
        row, numbers = judged[vehicle["vin"]], group["parameters"][vehicle["store_id"]]
        phone, on = row["phone"], row["list_for_on"]
        taken[phone] += 1
        may = min(numbers["unanswered_per_day"], numbers["unanswered_per_week"] - rules.unanswered(phone, on))
        next_day = rules.next_call_day(vehicle["store_id"], on + timedelta(days=1))
        expected = (None, None) if taken[phone] <= may else ("call_limit", next_day)
        assert (row["suppressed_by"], row["release_on"]) == expected
