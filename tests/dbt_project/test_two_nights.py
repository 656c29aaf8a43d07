"""Two nights of one store: who had a vehicle keeps it, who left hands over, who is ill has it back; recomputed by hand."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.dbt_project.small_night import KEY, Night, run_night
from tests.dbt_project.test_pay_and_call_list import ENTITIES, cover, vin
from tests.dbt_project.test_universe import archived
from tests.recomputed.book import Book
from tests.recomputed.cascade import Cascade
from tests.recomputed.compared import differences
from tests.recomputed.inputs import Inputs
from tests.recomputed.measures import GRAINS
from tests.recomputed.universe import Universe

DAYS = ("2026-12-05", "2026-12-06")
PEOPLE = {"S1": "renewal_specialist", "S2": "renewal_specialist", "A1": "service_advisor", "A2": "service_advisor",
          "A3": "service_advisor", "C1": "sales_consultant", "C2": "sales_consultant", "M1": "insurance_manager"}  # fmt: skip
EXPIRIES = ("2026-12-08", "2026-12-20", "2026-12-25", "2026-12-30", "2027-01-05", "2027-01-09", "2027-01-12")
SELECT = "+fct_cascade_step +int_cascade_position +assignment"


def entities() -> dict[str, list[dict[str, Any]]]:
    """40 vehicles that nobody sold or served but 8, which A2 served; A3's last day is the first night's, A1 is ill on the
    second; the manager gave 1 to A2."""
    person = {"store_id": "001", "valid_from": "2020-01-01"}
    return {
        "store": ENTITIES["store"][:1],
        "staff": [
            person | {"staff_id": staff, "staff_name": staff, "role": role, "valid_to": DAYS[0] if staff == "A3" else None}
            for staff, role in PEOPLE.items()
        ],
        "staff_leave": [{"staff_id": "A1", "starts_on": DAYS[1], "ends_on": "2026-12-07", "leave_kind": "sick"}],
        "policy": [row for number in range(40) for row in cover(number, EXPIRIES[number % 7], "2025-12-02")],
        "manager_decision": [
            {"decision_number": "D1", "store_id": "001", "manager_id": "M1", "decided_at": "2026-12-03 10:00:00",
             "decision": "reassign", "subject": "book", "vin": vin(1), "to_staff_id": "A2", "effective_on": "2026-12-03"}
        ],
        "repair_order": [
            {"order_number": "R1", "store_id": "001", "vin": vin(8), "staff_id": "A2", "order_kind": "customer_paid",
             "opened_at": "2026-10-02 10:00:00"}
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> list[Night]:
    found: list[Night] = []
    for day in DAYS:
        archives = {"assignment": archived(found[-1], "assignment", DAYS[0])} if found else None
        found.append(run_night(tmp_path_factory.mktemp(day), day, entities(), archives, select=SELECT))
        assert found[-1].exit_code == 0, found[-1].stderr
    return found


def step_two(night: Night) -> dict[str, tuple[str, str | None]]:
    """Vehicle → whose row of the day it is and whose the step is, of those in step 2."""
    sql = """select vin, owner_id, assigned_id from work.intermediate.int_cascade_position
        inner join work.intermediate.int_cascade_deal using (store_id, vin, expiry_month, step) where step = 'step_2'"""
    return {row[0]: row[1:] for row in night.rows(sql)}


def test_nobody_loses_a_vehicle_but_who_left_and_who_is_ill_keeps_hers(nights: list[Night]) -> None:
    first, second = map(step_two, nights)
    assert first[vin(1)] == ("A2", None) and first[vin(8)] == ("A2", "A2")
    shares = Counter(assigned for number, (_, assigned) in first.items() if number not in (vin(1), vin(8)))
    assert max(shares.values()) - min(shares.values()) <= 1 and shares.keys() == {"A1", "A2", "A3"}
    for number in first.keys() & second.keys() - {vin(1)}:
        expected = {"A1": ("A2", "A1"), "A2": ("A2", "A2"), "A3": ("A2", "A2")}[first[number][1] or ""]
        assert second[number] == expected


def test_books_stay_as_they_were_and_a_later_step_has_its_own_owner(nights: list[Night]) -> None:
    books = "select vin, staff_id, assigned_on from work.archive.assignment where duty = 'book' order by all"
    assert nights[0].rows(books) == nights[1].rows(books) and len(nights[0].rows(books)) == 40
    roles = "select role from work.archive.assignment where duty = 'calls' and vin = '{}' order by all"
    assert nights[1].rows(roles.format(vin(8))) == [("renewal_specialist",), ("service_advisor",)]


@pytest.mark.parametrize("number", [0, 1])
def test_every_steps_owner_is_what_pandas_and_plain_python_find(nights: list[Night], number: int) -> None:
    folder = nights[number].folder
    universe = Universe(Inputs(folder.parent / "home", Path(folder)))
    steps = pd.DataFrame(Cascade(universe, Book(universe)).rows(), dtype=object)
    keys = [hmac.new(KEY, f"vin:{one}".encode(), hashlib.sha256).hexdigest()[:32] for one in steps["vin"]]
    mine = steps.drop(columns="vin").assign(vehicle_key=keys)
    assert len(mine) > 40 and differences(mine, folder, "fct_cascade_step", GRAINS["fct_cascade_step"]) == []
