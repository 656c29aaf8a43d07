"""Whose the vehicles are: every open one has one person each day, who stays, and newcomers are shared out evenly.

Hypothesis makes small stores with people who come, go and take leave; the compiled SQL gives the vehicles to them on two
days, the second knowing what the first one archived. The rules of DOMAIN §6 stand here a second time, in Python.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.dbt_project.compiled import compiled

DAY = date(2026, 11, 25)
STORES = ("001", "002")
ROLES = ("service_advisor", "sales_consultant", "renewal_specialist")
PEOPLE = tuple(f"P{number}" for number in range(8))
GIVEN = {
    "int_due_vehicle":
        "store_id text, vin text, expiry_month date, outcome text, segment text, book_owner text",
    "int_call_list_day": "store_id text, list_for_on date",
    "int_cascade_owner":
        "store_id text, vin text, expiry_month date, step text, position bigint, role text, entered_on date, ends_on date,"
        " kept_id text, kept_since date, known_id text, reassignments struct(effective_on date, staff_id text)[]",
    "stg_dms__staff": "staff_id text, staff_name text, store_id text, role text, valid_from date, valid_to date",
    "stg_dms__staff_leave": "staff_id text, starts_on date, ends_on date",
}  # fmt: skip
MADE = ("int_staff_presence", "int_cascade_turn", "int_cascade_deal", "int_cascade_position")

Row = dict[str, Any]
Group = dict[str, list[Row]]


@dataclass(frozen=True)
class Given:
    """What a night decided about one vehicle."""

    owner: str | None
    role: str | None
    assigned: str | None
    since: date | None


class Store:
    """The compiled models over given tables, all in memory."""

    def __init__(self) -> None:
        made = {one["relation"].rsplit(".", 1)[1]: one for one in compiled()[0]}
        self.connection = duckdb.connect(config={"threads": 1})
        for database in ("work", "scratch"):
            self.connection.execute(f"attach ':memory:' as {database}")
            for schema in ("intermediate", "staging"):
                self.connection.execute(f"create schema {database}.{schema}")
        self.names = {name: made[name]["relation"] for name in (*GIVEN, *MADE)}
        for name, columns in GIVEN.items():
            self.connection.execute(f"create table {self.names[name]} ({columns})")
        for name in MADE:
            self.connection.execute(f"create view {self.names[name]} as {made[name]['sql']}")

    def night(self, on: date, group: Group, kept: dict[str, Given]) -> dict[str, Given]:
        """Give the vehicles out for a day; `kept` is what the last night archived."""
        self.fill("int_call_list_day", [{"store_id": store, "list_for_on": on} for store in STORES])
        self.fill("stg_dms__staff", group["staff"])
        self.fill("stg_dms__staff_leave", group["leaves"])
        self.fill("int_due_vehicle", [
            {name: vehicle[name] for name in ("store_id", "vin", "segment", "book_owner")}
            | {"expiry_month": DAY.replace(day=1), "outcome": "open"}
            for vehicle in group["vehicles"]
        ])  # fmt: skip
        self.fill("int_cascade_owner", [
            {name: vehicle[name] for name in ("store_id", "vin", "role", "known_id", "reassignments", "entered_on")}
            | {"expiry_month": DAY.replace(day=1), "step": "step_2", "position": 2, "ends_on": DAY + timedelta(days=9),
               "kept_id": kept[vehicle["vin"]].assigned if vehicle["vin"] in kept else None,
               "kept_since": kept[vehicle["vin"]].since if vehicle["vin"] in kept else None}
            for vehicle in group["vehicles"]
        ])  # fmt: skip
        rows = self.connection.execute(
            f"select vin, owner_id, owner_role, assigned_id, assigned_on from {self.names['int_cascade_position']}"
            f" full join {self.names['int_cascade_deal']} using (store_id, vin, expiry_month)"
        ).fetchall()
        assert sorted(row[0] for row in rows) == sorted(vehicle["vin"] for vehicle in group["vehicles"])
        return {row[0]: Given(*row[1:]) for row in rows}

    def fill(self, name: str, rows: list[Row]) -> None:
        self.connection.execute(f"delete from {self.names[name]}")
        for row in rows:
            marks = ", ".join("?" for _ in row)
            values = list(row.values())
            self.connection.execute(f"insert into {self.names[name]} ({', '.join(row)}) values ({marks})", values)


class Desks:
    """Who holds a role in a store on a day, and who of them is not on leave."""

    def __init__(self, group: Group, on: date) -> None:
        self.group, self.on = group, on
        self.away = {row["staff_id"] for row in group["leaves"] if row["starts_on"] <= on <= row["ends_on"]}

    def holders(self, store: str, role: str) -> set[str]:
        rows = (row for row in self.group["staff"] if (row["store_id"], row["role"]) == (store, role))
        return {row["staff_id"] for row in rows if row["valid_from"] <= self.on <= (row["valid_to"] or date.max)}

    def present(self, store: str, role: str) -> set[str]:
        return self.holders(store, role) - self.away

    def named(self, vehicle: Row) -> str | None:
        """Whom the manager named last, of those who hold the role or are managers."""
        able = self.holders(vehicle["store_id"], vehicle["role"])
        able |= self.holders(vehicle["store_id"], "insurance_manager")
        named = [row["staff_id"] for row in vehicle["reassignments"] if row["effective_on"] <= self.on]
        return next((staff for staff in reversed(named) if staff in able), None)

    def settled(self, vehicle: Row, kept: dict[str, Given]) -> str | None:
        """Whose it is without being dealt out."""
        last = kept[vehicle["vin"]].assigned if vehicle["vin"] in kept else None
        able = self.holders(vehicle["store_id"], vehicle["role"])
        return next((staff for staff in (last, vehicle["known_id"]) if staff in able), None)


@pytest.fixture(scope="module")
def store() -> Store:
    return Store()


@st.composite
def groups(draw: st.DrawFn) -> Group:
    """People of two stores and vehicles whose step waits for one of them."""
    days = st.integers(-2, 3).map(lambda count: DAY + timedelta(days=count))
    staff = [
        {
            "staff_id": person, "staff_name": person, "store_id": draw(st.sampled_from(["001", "001", "002"])),
            "role": draw(st.sampled_from([*ROLES, *ROLES[:1] * 3, "insurance_manager"])),
            "valid_from": date(2020, 1, 1), "valid_to": draw(st.one_of(st.none(), st.none(), days)),
        } for person in PEOPLE[: draw(st.integers(1, len(PEOPLE)))]
    ]  # fmt: skip
    persons = st.sampled_from([row["staff_id"] for row in staff])
    leave = st.fixed_dictionaries({"staff_id": persons, "starts_on": days})
    leaves = [row | {"ends_on": row["starts_on"] + timedelta(days=1)} for row in draw(st.lists(leave, max_size=3))]
    decision = st.fixed_dictionaries({"effective_on": days, "staff_id": persons})
    vehicles = [
        {
            "vin": f"V{number}", "store_id": draw(st.sampled_from(["001", "001", "001", "002"])),
            "role": draw(st.sampled_from([*ROLES[:1] * 3, *ROLES])), "segment": draw(st.sampled_from("ab")),
            "book_owner": draw(st.one_of(st.none(), persons)), "known_id": draw(st.one_of(st.none(), st.none(), persons)),
            "known_later": draw(st.one_of(st.none(), persons)),
            "entered_on": DAY + timedelta(days=draw(st.sampled_from([-5, -5, 0, 1, 4]))),
            "reassignments": sorted(draw(st.lists(decision, max_size=1)), key=lambda row: row["effective_on"]),
        } for number in range(draw(st.integers(1, 14)))
    ]  # fmt: skip
    return {"staff": staff, "leaves": leaves, "vehicles": vehicles}


def evenly() -> Group:
    """Two advisors and ten newcomers whose segments alternate in the order of their hashes."""
    shared = {"store_id": "001", "role": "service_advisor"}
    staff = shared | {"valid_from": date(2020, 1, 1), "valid_to": None}
    vins = sorted((f"V{number}" for number in range(10)), key=lambda vin: hashlib.md5(vin.encode()).hexdigest())
    nobody = {"book_owner": None, "known_id": None, "known_later": None, "entered_on": DAY, "reassignments": []}
    return {
        "staff": [staff | {"staff_id": person, "staff_name": person} for person in PEOPLE[:2]],
        "leaves": [],
        "vehicles": [shared | nobody | {"vin": vin, "segment": "ab"[at % 2]} for at, vin in enumerate(vins)],
    }


def check_owner(vehicle: Row, found: Given, desks: Desks, kept: dict[str, Given]) -> None:
    """One owner, at work in that role; the manager's word first, then whose it is, then a colleague, and so on."""
    shop, settled, named = vehicle["store_id"], desks.settled(vehicle, kept), desks.named(vehicle)
    mine, specialists = desks.present(shop, vehicle["role"]), desks.present(shop, "renewal_specialist")
    managers = desks.present(shop, "insurance_manager")
    if settled:
        assert found.assigned == settled, "who has it keeps it, on leave or not"
    elif vehicle["entered_on"] <= desks.on and not named and mine:
        assert found.assigned in mine, "a newcomer is dealt to somebody at work"
    else:
        assert found.assigned is None
    if named in mine | managers:
        assert found.owner == named, "the manager's word"
    elif found.assigned in mine:
        assert found.owner == found.assigned
    else:
        book = {vehicle["book_owner"]} & specialists
        assert found.owner in (mine or book or specialists or managers or {None})
    assert found.owner is None or found.owner in desks.present(shop, found.role)


def check_shares(group: Group, found: dict[str, Given], desks: Desks, kept: dict[str, Given]) -> None:
    """Of the newcomers of a store and role everybody at work gets as many as anybody, or one less; so of each segment."""

    def desk(vehicle: Row) -> tuple[str, str]:
        return vehicle["store_id"], vehicle["role"]

    for place, rows in groupby(sorted(group["vehicles"], key=desk), key=desk):
        vehicles, present = list(rows), desks.present(*place)
        owned = Counter(desks.named(vehicle) or desks.settled(vehicle, kept) for vehicle in vehicles)
        dealt = [v for v in vehicles if found[v["vin"]].assigned and not desks.settled(v, kept)]
        for segment in ("a", "b", None):
            some = [v for v in dealt if segment in (None, v["segment"])]
            shares = Counter({person: 0 for person in present})
            shares.update(found[vehicle["vin"]].assigned for vehicle in some)
            assert not some or max(shares.values()) - min(shares.values()) <= 1
        order = sorted(present, key=lambda person: (owned[person], person))
        counts = [sum(found[vehicle["vin"]].assigned == person for vehicle in dealt) for person in order]
        assert counts == sorted(counts, reverse=True), "the least loaded come first"


@example(group=evenly())
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(group=groups())
def test_every_open_vehicle_has_one_owner_who_stays_and_newcomers_are_shared_evenly(store: Store, group: Group) -> None:
    nothing: dict[str, Given] = {}
    first = store.night(DAY, group, nothing)
    turned = {name: rows[::-1] for name, rows in group.items()}
    assert store.night(DAY, turned, nothing) == first, "the order of the rows decides nothing"
    kept = {vin: given_ for vin, given_ in first.items() if given_.assigned}
    told_later = [vehicle | {"known_id": vehicle["known_later"]} for vehicle in group["vehicles"]]
    later, tomorrow = group | {"vehicles": told_later}, DAY + timedelta(days=1)
    second = store.night(tomorrow, later, kept)
    for on, vehicles, found, before in ((DAY, group, first, nothing), (tomorrow, later, second, kept)):
        desks = Desks(vehicles, on)
        for vehicle in vehicles["vehicles"]:
            check_owner(vehicle, found[vehicle["vin"]], desks, before)
        check_shares(vehicles, found, desks, before)
    for vin, given_ in kept.items():
        if second[vin].assigned == given_.assigned:
            assert second[vin].since == given_.since, "the day it was first given stays"
