"""The life of files: late, early, out of order, twice, corrected, half uploaded, renamed, somebody else's, empty.

A table of lives: what lies in the folder night by night, what the gate says of it, and whose rows are in force.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow.parquet as pq
import pytest

from ingest.home import home, read_json
from ingest.landing import report_path
from ingest.selection import select
from tests.ingest.conftest import SPEC, Desk

D = date(2026, 11, 24)
HEADER = "保单号,批单号,险种,车架号,联系电话,签单日期,起保日期,终保日期,签单保费"
OK, WARNED, REFUSED, REPEATED = "accepted", "accepted_with_warning", "refused", "nothing_new"

PLAIN = SPEC.replace("      totals_row: {column: 保单号, starts_with: 合计, required: true}\n", "").replace(
    '["保单清单_{business_date:%Y%m%d}*.csv"]',
    '["保单清单_{business_date:%Y%m%d}.csv", "保单清单_{business_date:%Y%m}.csv"]',
)
MARKED = PLAIN.replace("      encodings:", "      marker: .ok\n      encodings:")
MAY_BE_EMPTY = PLAIN.replace("    constants:", "    may_be_empty: true\n    constants:")
VEHICLES = """
name: picc
title: DMS
connection: picc_outbox
owner: {name: 李工, contact: 集团信息部}
extracts:
  vehicles:
    entity: vehicle
    files: "车辆_{store_id}_{business_date:%Y%m%d}.csv"
    columns: {vin: 车架号, store_id: {from: 门店, codes: {一店: "001", 二店: "002"}}, created_on: 建档日期}
"""


def policies(*numbers: int, premium: str = "100", signed: str = "2026-11-20") -> bytes:
    """A file of policies by their numbers."""
    lines = [f"P{n:03d},,商业险,LSVAA2187C2{n:06d},,{signed},2026-12-01,2027-11-30,{premium}" for n in numbers]
    return "".join(f"{line}\r\n" for line in [HEADER, *lines]).encode("gb18030")


def vehicles(store: str, *numbers: int, others: str = "") -> bytes:
    """A file of a store's vehicles; `others`: the store of the first of them."""
    stores = [others or store, *[store] * (len(numbers) - 1)]
    lines = [f"LSVAA2187C2{n:06d},{where},2026-11-01" for n, where in zip(numbers, stores, strict=True)]
    return "".join(f"{line}\n" for line in ["车架号,门店,建档日期", *lines]).encode()


@dataclass(frozen=True)
class Life:
    """`nights`: what lies newly in the folder before each night from D on. `verdicts`: of every batch, night by night.

    `in_force`: key and premium (or store) of the rows in force as of each night, last one repeated where shorter.
    """

    nights: tuple[dict[str, bytes], ...]
    verdicts: tuple[dict[str, tuple[str, str | None]], ...]
    in_force: tuple[set[str], ...]
    spec: str = PLAIN
    waiting: tuple[str, ...] = ()
    """Files that wait for their marker in the first night."""
    told: str = ""
    """What the message of the last batch must hold."""


A, B, C = "保单清单_20261122.csv", "保单清单_20261123.csv", "保单清单_20261124.csv"
LIVES = {
    "on_time": Life(({B: policies(1)},), ({B: (OK, None)},), ({"P001"},)),
    "late": Life(({B: policies(1)}, {A: policies(2)}), ({B: (OK, None)}, {A: (OK, None)}), ({"P001"}, {"P001", "P002"})),
    "late_with_an_older_state_of_a_row": Life(
        ({B: policies(1, premium="300")}, {A: policies(1, premium="200")}), ({B: (OK, None)}, {A: (OK, None)}),
        ({"P001 300"}, {"P001 300", "P001 200"}),
    ),
    "early": Life(
        ({B: policies(1), C: policies(2)}, {}), ({B: (OK, None), C: (WARNED, "file:early")}, {}), ({"P001"}, {"P001", "P002"}),
        told="2026-11-24",
    ),
    "early_by_a_month": Life(
        ({"保单清单_20261224.csv": policies(1)}, {}), ({"保单清单_20261224.csv": (WARNED, "file:other_period")}, {}), (set(), set()),
        told="次日起生效",
    ),
    "the_month_so_far": Life(
        ({"保单清单_202611.csv": policies(1)}, {"保单清单_202611.csv": policies(1, 2)}),
        ({"保单清单_202611.csv": (OK, None)}, {"保单清单_202611.csv": (OK, None)}), ({"P001"}, {"P001", "P002"}),
    ),
    "next_month": Life(
        ({"保单清单_202612.csv": policies(1, signed="2026-12-01")}, {}), ({"保单清单_202612.csv": (WARNED, "file:early")}, {}),
        (set(), set()),
    ),
    "twice": Life(({B: policies(1)}, {B: policies(1)}), ({B: (OK, None)}, {}), ({"P001"}, {"P001"})),
    "corrected": Life(
        ({B: policies(1, 2)}, {B: policies(2, 3, premium="150")}), ({B: (OK, None)}, {B: (OK, None)}),
        ({"P001 100", "P002 100"}, {"P002 150", "P003 150"}),
    ),
    "corrected_by_something_broken": Life(
        ({B: policies(1)}, {B: b"\x89PNG\r\n" + bytes(range(64))}), ({B: (OK, None)}, {B: (REFUSED, "file:unreadable")}),
        ({"P001"}, {"P001"}), told="继续使用上一次的有效数据",
    ),
    "corrected_back": Life(
        ({B: policies(1)}, {B: policies(2)}, {B: policies(1)}), ({B: (OK, None)}, {B: (OK, None)}, {B: (OK, None)}),
        ({"P001"}, {"P002"}, {"P001"}),
    ),
    "marker_missing": Life(
        ({B: policies(1)}, {f"{B}.ok": b""}), ({}, {B: (OK, None)}), (set(), {"P001"}), MARKED, waiting=(B,),
    ),
    "renamed": Life(
        ({B: policies(1)}, {C: policies(1)}), ({B: (OK, None)}, {C: (REPEATED, None)}), ({"P001"}, {"P001"}), told="内容相同",
    ),
    "renamed_and_saved_again": Life(
        ({B: policies(1, 2)}, {C: policies(2, 1).replace(b"\r\n", b"\n")}), ({B: (OK, None)}, {C: (WARNED, "file:same_rows")}),
        ({"P001", "P002"}, {"P001", "P002"}), told=B,
    ),
    "two_names_in_one_night": Life(
        ({B: policies(1), A: policies(1)},), ({A: (OK, None), B: (REPEATED, None)},), ({"P001"},),
    ),
    "last_months_file_renamed": Life(
        ({B: policies(1, 2, signed="2026-10-09")},), ({B: (WARNED, "file:other_period")},), ({"P001", "P002"},), told="2026-11",
    ),
    "a_backlog_beside_the_days_own": Life(
        ({B: policies(1, signed="2026-10-09") + policies(2).split(b"\r\n", 1)[1]},), ({B: (OK, None)},), ({"P001", "P002"},),
    ),
    "signed_in_the_last_days_of_the_month_before": Life(
        ({"保单清单_20261101.csv": policies(1, signed="2026-10-31")},), ({"保单清单_20261101.csv": (OK, None)},), ({"P001"},),
    ),
    "no_bytes": Life(({B: b""}, {B: policies(1)}), ({B: (REFUSED, "file:empty")}, {B: (OK, None)}), (set(), {"P001"})),
    "header_only": Life(({B: policies()},), ({B: (WARNED, "file:no_rows")},), (set(),)),
    "header_only_as_announced": Life(({B: policies()},), ({B: (OK, None)},), (set(),), MAY_BE_EMPTY),
    "two_empty_days": Life(({A: policies(), B: policies() + b"\r\n"},), ({A: (OK, None), B: (OK, None)},), (set(),), MAY_BE_EMPTY),
    "no_date_at_all": Life(({"保单清单.csv": policies(1)},), ({},), (set(),)),
    "no_such_day": Life(({"保单清单_20261131.csv": policies(1)},), ({},), (set(),)),
    "another_stores_file": Life(
        ({"车辆_001_20261123.csv": vehicles("001", 1, 2)}, {"车辆_002_20261124.csv": vehicles("001", 3, 4)}),
        ({"车辆_001_20261123.csv": (OK, None)}, {"车辆_002_20261124.csv": (REFUSED, "file:other_scope")}),
        ({"001"}, {"001"}), VEHICLES, told="store_id: 2 / 2",
    ),
    "a_vehicle_of_another_store": Life(
        ({"车辆_001_20261123.csv": vehicles("001", 1, 2, 3, others="002")},),
        ({"车辆_001_20261123.csv": (WARNED, "file:other_scope")},), ({"001", "002"},), VEHICLES, told="store_id: 1 / 3",
    ),
    "a_store_by_its_name": Life(
        ({"车辆_一店_20261123.csv": vehicles("001", 1)},), ({"车辆_一店_20261123.csv": (OK, None)},), ({"001"},), VEHICLES,
    ),
    "an_older_snapshot_comes_late": Life(
        ({"车辆_001_20261123.csv": vehicles("001", 1, 2)}, {"车辆_001_20261121.csv": vehicles("001", 9)}),
        ({"车辆_001_20261123.csv": (OK, None)}, {"车辆_001_20261121.csv": (OK, None)}),
        ({"LSVAA2187C2000001", "LSVAA2187C2000002"},), VEHICLES,
    ),
    "an_early_snapshot_hides_nothing": Life(
        ({"车辆_001_20261123.csv": vehicles("001", 1), "车辆_001_20261124.csv": vehicles("001", 2)}, {}),
        ({"车辆_001_20261123.csv": (OK, None), "车辆_001_20261124.csv": (WARNED, "file:early")}, {}),
        ({"LSVAA2187C2000001"}, {"LSVAA2187C2000002"}), VEHICLES,
    ),
    "an_unchanged_snapshot": Life(
        ({"车辆_001_20261123.csv": vehicles("001", 1)}, {"车辆_001_20261124.csv": vehicles("001", 1) + b"\n"}),
        ({"车辆_001_20261123.csv": (OK, None)}, {"车辆_001_20261124.csv": (OK, None)}), ({"001"},), VEHICLES,
    ),
}  # fmt: skip


def in_force(entity: str, as_of: date) -> list[dict]:
    """The rows that the night of as_of works on, as its list of inputs names them."""
    files = read_json(select(as_of) / "inputs.json")["entities"][entity]
    return [row for file in files for row in pq.read_table(home() / file).to_pylist()]


def seen_as(rows: list[dict], wanted: set[str]) -> set[str]:
    """The rows in the words of the table: a key, a key with its premium, a store, a VIN."""
    sample = next(iter(wanted), "")
    if " " in sample:
        return {f"{row['policy_number']} {row['premium_amount']:.0f}" for row in rows}
    if re.fullmatch(r"\d{3}", sample):
        return {row["store_id"] for row in rows}
    return {row["policy_number"] if "policy_number" in row else row["vin"] for row in rows}


@pytest.mark.parametrize("name", LIVES)
def test_life(name: str, desk: Desk) -> None:
    life = LIVES[name]
    desk.spec(life.spec)
    entity = "vehicle" if life.spec is VEHICLES else "policy"
    last = None
    for number, (files, verdicts) in enumerate(zip(life.nights, life.verdicts, strict=True)):
        as_of = D + timedelta(days=number)
        for file, data in files.items():
            (desk.outbox / file).write_bytes(data)
        got = desk.receive(as_of)
        assert {batch.name: (batch.verdict, batch.rule) for batch in got} == verdicts, (number, got)
        wanted = life.in_force[min(number, len(life.in_force) - 1)]
        rows = in_force(entity, as_of)
        assert seen_as(rows, wanted) == wanted and bool(rows) == bool(wanted), number
        last = got[-1] if got else last
        if not number:
            assert read_json(report_path("picc", as_of))["waiting"] == list(life.waiting)
        for batch in got:
            assert batch.verdict == OK or (batch.message_zh and batch.message_en)
            assert batch.records == batch.loaded + batch.quarantined + sum(batch.declared.values()) or not batch.raw
    assert life.told in (last.message_zh if last else "")


@pytest.mark.parametrize("name", LIVES)
def test_a_life_lived_again_gives_the_same_inputs(name: str, desk: Desk) -> None:
    """A night that is run twice takes nothing new and works on the same files."""
    life = LIVES[name]
    desk.spec(life.spec)
    for file, data in life.nights[0].items():
        (desk.outbox / file).write_bytes(data)
    desk.receive(D)
    first = read_json(select(D) / "inputs.json")
    again = desk.receive(D)
    assert read_json(select(D) / "inputs.json") == first
    assert {batch.name for batch in again} == set(life.verdicts[0])


@pytest.mark.parametrize("name", ["{}.part", "{}.TMP", "{}.filepart", "~${}", ".{}"])
def test_an_upload_in_progress_is_never_taken(desk: Desk, line: Callable[..., str], name: str) -> None:
    desk.spec(SPEC.replace('"保单清单_{business_date:%Y%m%d}*.csv"', '"*保单清单_{business_date:%Y%m%d}*"'))
    path = desk.put("保单清单_20261123.csv", line(1))
    path.rename(path.with_name(name.format(path.name)))
    assert desk.receive(D) == []
    desk.put("保单清单_20261123.csv", line(1))
    assert [batch.name for batch in desk.receive(D)] == ["保单清单_20261123.csv"]
