"""A dealership's life in nights: staff work off their lists as the truth says, and every night must keep what we promise.

    python -m tests.end_to_end.simulation --nights 30 --vehicles 3000 [--home DIR]

One specialist never hands a list back, one person is away for some days, one manager spreads the work anew (see
ingest/sample). Checked every night, by what lies on disk and plain Python, never by what the models say of themselves:
rules of the gate, owners, hand-overs, deliveries, and what is counted as renewed against what really was.
Prints a line per night; ends with 1 if a promise was broken.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow.parquet as pq

from tests.recomputed.book import Book
from tests.recomputed.cascade import Cascade
from tests.recomputed.gate import ListedRows
from tests.recomputed.inputs import Inputs
from tests.recomputed.measures import all_differences
from tests.recomputed.universe import Universe

FIRST = date(2026, 11, 24)
Row = dict[str, Any]


@dataclass(frozen=True)
class Evening:
    """What one published night left behind."""

    home: Path
    published: Path

    @cached_property
    def inputs(self) -> Inputs:
        return Inputs(self.home, self.published)

    @property
    def as_of(self) -> date:
        return self.inputs.as_of

    @cached_property
    def universe(self) -> Universe:
        return Universe(self.inputs)

    def archived(self, what: str) -> list[Row]:
        """Rows of the newest revision of what this night archived."""
        folder = self.home / "archive" / what / str(self.as_of)
        files = sorted(folder.glob("*.parquet"), key=lambda path: int(path.stem))
        return pq.read_table(files[-1]).to_pylist() if files else []

    @cached_property
    def listed(self) -> list[Row]:
        """Rows of the lists, with the day on which their step began."""
        cascade = Cascade(self.universe, Book(self.universe))
        due = {(d.store_id, d.vin, d.expiry_month): d for d in self.universe.due}
        rows = [row for row in self.archived("call_list") if row["is_listed"] is not False]
        for row in rows:
            mine = due.get((row["store_id"], row["vin"], row["expiry_month"]))
            steps = {step.name: step.entered_on for step in cascade.chain(mine)} if mine else {}
            row["step_entered_on"] = steps.get(row["step"])
        return rows

    def mart(self, query: str) -> list[tuple]:
        with duckdb.connect(str(self.published / "analytics.duckdb"), read_only=True) as connection:
            return connection.execute(query).fetchall()


def broken_promises(evening: Evening, is_recomputed: bool) -> list[str]:
    """What a night did that it must not do; with is_recomputed also rates, pay and steps anew in pandas."""
    told = [
        *ListedRows(evening.universe, evening.listed).violations(),
        *wrong_owners(evening),
        *wrong_deliveries(evening),
        *wrong_outcomes(evening),
    ]
    if is_recomputed:
        told += all_differences(evening.home, evening.published, (evening.home / "key").read_bytes())
    return [f"{evening.as_of}: {each}" for each in told]


def wrong_owners(evening: Evening) -> list[str]:
    """Every open due vehicle is somebody's tonight, listed or not, and every row is with somebody who is at work in that
    store on the day of the list and has the vehicle."""
    staff = evening.inputs.entity("staff").to_dict("records")
    held: dict[tuple[str, str], list[tuple[date, date]]] = {}
    for row in staff:
        held.setdefault((row["staff_id"], row["store_id"]), []).append((row["valid_from"], row["valid_to"] or date.max))
    away = leaves(evening.inputs)
    told = []
    owners = evening.mart("""
        select store_id, vehicle_key, expiry_month, step_owner_id from marts.fct_due_vehicle where outcome = 'open'
    """)
    owner_of = {(store, key, month): owner for store, key, month, owner in owners}
    if len(owner_of) != len(owners) or None in owner_of.values():
        told.append("an open due vehicle is nobody's or of two rows")
    for row in evening.listed:
        if owner_of.get((row["store_id"], row["vehicle_key"], row["expiry_month"])) != row["staff_id"]:
            told.append(f"{row['list_id']}: a vehicle that is somebody else's")
        on, person = row["list_for_on"], row["staff_id"]
        if not any(first <= on <= last for first, last in held.get((person, row["store_id"]), [])):
            told.append(f"{row['list_id']}: nobody of the store on {on}")
        if any(first <= on <= last for first, last in away.get(person, [])):
            told.append(f"{row['list_id']}: on leave on {on}")
    return told


def leaves(inputs: Inputs) -> dict[str, list[tuple[date, date]]]:
    """Staff id → first and last day of each leave."""
    found: dict[str, list[tuple[date, date]]] = {}
    for row in inputs.entity("staff_leave").to_dict("records"):
        found.setdefault(row["staff_id"], []).append((row["starts_on"], row["ends_on"] or date.max))
    return found


def wrong_deliveries(evening: Evening) -> list[str]:
    """What was decided is what left, to whom it was decided, once."""
    told = []
    sent = {(row["list_id"], row["row_id"]): (row["staff_id"], row["phone"]) for row in evening.listed}
    left: Counter[tuple[str, str]] = Counter()
    for manifest in sorted((evening.home / "outbox" / str(evening.as_of)).glob("*/manifest.json")):
        recipient = manifest.parent.name
        for entry in json.loads(manifest.read_text(encoding="utf-8"))["files"]:
            receipts = evening.home / "state" / "delivery" / "folder" / str(evening.as_of) / recipient
            if not (receipts / f"{entry['name']}.receipt.json").exists():
                told.append(f"{recipient}: a file has no receipt")
            folder = evening.home / "delivered" / recipient
            arrived = [folder / entry["name"], folder / str(evening.as_of) / entry["name"]]
            arrived = [path for path in arrived if path.exists()]
            arrived = [path for path in arrived if hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]]
            if len(arrived) != 1:
                told.append(f"{recipient}: a file arrived {len(arrived)} times")
            elif entry["purpose"] == "renewal_calls":
                for ids, phone in rows_of(arrived[0]):
                    left[ids] += 1
                    if sent.get(ids) != (recipient, phone):
                        told.append(f"{recipient}: a row left that was not decided so")
    told += ["a row left twice" for count in left.values() if count > 1]
    told += ["a row was decided and did not leave"] if sent.keys() - left.keys() else []
    return told


def rows_of(path: Path) -> list[tuple[tuple[str, str], str]]:
    """((list, row), number) of each row of a call list as its reader sees it."""
    sheet = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True).worksheets[0]
    head, *rows = sheet.iter_rows(values_only=True)
    places = [head.index(name) for name in ("list_id", "row_id", "电话")]
    return [((row[places[0]], row[places[1]]), row[places[2]]) for row in rows if row[places[1]]]


def outcomes(evening: Evening) -> list[tuple]:
    """Truth beside what the night archived, for every due vehicle of the truth that was revealed by then."""
    archived = max((evening.home / "archive" / "due_universe" / str(evening.as_of)).glob("*.parquet"))
    truth = evening.home / "sample" / "truth" / "outcomes.parquet"
    now = f"date '{evening.as_of}'"
    return duckdb.sql(f"""
        select store_id, vin, expiry_month, truth.outcome, found.outcome, revealed_on, found.status
        from '{truth}' as truth
        left join '{archived}' as found using (store_id, vin, expiry_month)
        where revealed_on <= {now} and expiry_month between {now} - interval 22 month and {now} + interval 2 month
    """).fetchall()


def wrong_outcomes(evening: Evening) -> list[str]:
    """What was counted as renewed, lost or open is what the truth says."""
    wrong = [row for row in outcomes(evening) if row[3] != row[4]]
    return [f"{len(wrong)} outcomes are not the truth's"] if wrong else []


def life(home: Path, evenings: list[Evening]) -> list[str]:
    """What must be true of the nights together, so that the checks of each had something to check."""
    told: list[str] = []
    listed = [row | {"as_of": evening.as_of} for evening in evenings for row in evening.listed]
    inputs = evenings[-1].inputs
    told += wrong_reassignments(inputs, listed)
    told += wrong_silence(home, evenings)
    told += wrong_absence(inputs, listed)
    steps = Counter(row["step"] for row in listed)
    if len([step for step in steps if step]) < 4:
        told.append(f"only {sorted(map(str, steps))} had rows")
    before: dict[str, Row] = {}
    handed_over = 0
    for row in listed:
        earlier = before.get(row["vin"])
        handed_over += bool(earlier and earlier["step"] != row["step"])
        before[row["vin"]] = row
    if len(evenings) > 4 and not handed_over:
        told.append("nothing was handed over")
    return told


def wrong_reassignments(inputs: Inputs, listed: list[Row]) -> list[str]:
    """Whom the manager named has the vehicle on the list from that day on, while the step is one of her role."""
    named = {}
    for row in inputs.entity("manager_decision").to_dict("records"):
        if (row["decision"], row["subject"]) == ("reassign", "book") and row["effective_on"] >= FIRST:
            named[row["vin"]] = row
    mine = [row for row in listed if row["vin"] in named and row["step"] in ("step_3", "recall")]
    mine = [row for row in mine if row["list_for_on"] > named[row["vin"]]["effective_on"]]
    wrong = [row for row in mine if row["staff_id"] != named[row["vin"]]["to_staff_id"]]
    told = [f"{len(wrong)} rows did not go to whom the manager named"] if wrong else []
    return told if mine else [*told, "no vehicle that the manager gave to somebody was listed"]


def wrong_absence(inputs: Inputs, listed: list[Row]) -> list[str]:
    """Somebody with rows is away on a day of the lists and has rows again later, unless the nights are too few."""
    days_of: dict[str, set[date]] = {}
    for row in listed:
        days_of.setdefault(row["staff_id"], set()).add(row["list_for_on"])
    first, last = min(row["list_for_on"] for row in listed), max(row["list_for_on"] for row in listed)
    away = [
        person for person, spells in leaves(inputs).items()
        if any(first < starts and ends < last for starts, ends in spells) and person in days_of
    ]  # fmt: skip
    return [] if away or (last - first).days < 20 else ["nobody who had rows was away"]


def wrong_silence(home: Path, evenings: list[Evening]) -> list[str]:
    """Who never hands a list back is counted so, and the phone log knows whom she called."""
    from ingest.sample import days
    from ingest.sample.returned import silent_person

    silent = silent_person(home / "sample", days.day(evenings[0].as_of))
    (counts,) = evenings[-1].mart(f"""
        select sum(returned_rows), sum(sent_rows) from marts.kpi_follow_up_daily where staff_id = '{silent}'
    """)
    called = [
        leg for leg in evenings[-1].inputs.entity("call").to_dict("records")
        if leg["call_id"].startswith("call_list_") and f"_{silent}_" in leg["call_id"]
    ]  # fmt: skip
    if not counts[1] or counts[0] or not called:
        return [f"the silent one: {counts[0]} of {counts[1]} rows returned, {len(called)} calls"]
    return []


def main(arguments: list[str] | None = None) -> int:
    """Run the nights, check each, print a line for each."""
    from tests.end_to_end.conftest import environment, prepare, run_steps

    parser = argparse.ArgumentParser(prog="simulation", description="A dealership's life in nights.")
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--vehicles", type=int, default=3000)
    parser.add_argument("--home", type=Path, help="an empty folder that is kept; by default a temporary one")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        home = (given.home or Path(folder) / "home").absolute()
        os.environ.setdefault("AIRFLOW_HOME", str(home / "airflow"))
        told, evenings = [], []
        with environment(home):
            for number in range(given.nights):
                began = time.perf_counter()
                as_of = FIRST + timedelta(days=number)
                prepare(home, as_of, vehicles=given.vehicles)
                published, status = run_steps(as_of)
                evening = Evening(home, published)
                broken = broken_promises(evening, is_recomputed=number % 5 == 4 or number + 1 == given.nights)
                told += broken
                evenings.append(evening)
                people = len({row["staff_id"] for row in evening.listed})
                print(f"{as_of}  {status:9} {len(evening.listed):5} rows for {people:3} people, "
                      f"{len(broken)} promises broken, {time.perf_counter() - began:.0f} s", flush=True)  # fmt: skip
                evening.__dict__.pop("universe", None)  # a night's world is large
            told += life(home, evenings)
    print("\n".join(told) if told else f"{given.nights} nights, no promise broken")
    return int(bool(told))


if __name__ == "__main__":
    sys.exit(main())
