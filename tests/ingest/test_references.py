"""Keys that name nothing are counted when all sources are in; ids that we never published are held at the door."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest

from ingest.archive import keep
from ingest.entities import archives, entities
from ingest.home import read_json
from ingest.references import FEW, counted
from ingest.selection import select
from ingest.spec import sources
from tests.dbt_project.small_night import entity_columns, write_parquet

D = date(2026, 11, 24)
SPEC = """
name: lists
title: 返回的外呼名单
connection: lists
owner: {name: 保险经理, contact: 各店保险经理}
extracts:
  results:
    entity: call_result
    files: "call_list_{store_id}_*_{business_date:%Y%m%d}.xlsx"
    optional: true
    by_hand: true
    may_be_empty: true
    max_reject_share: 1
    read: {format: xlsx, sheet: 今日名单}
    columns: {list_id: list_id, row_id: row_id, result: {from: 结果, codes: {成交: renewed, 未接通: no_answer}}}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("home", "outbox", "sources"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("XUBAO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XUBAO_SOURCES", str(tmp_path / "sources"))
    place = {"conn_type": "file", "extra": {"path": str(tmp_path / "outbox")}}
    monkeypatch.setenv("AIRFLOW_CONN_LISTS", json.dumps(place))
    (tmp_path / "sources" / "lists.yaml").write_text(SPEC, encoding="utf-8")
    return tmp_path / "home"


def raw(home: Path, entity: str, *rows: dict) -> str:
    """A raw file in force; returns its path as select() names it."""
    path = home / "raw" / entity / "given.parquet"
    given = {
        "_received_on": str(D),
        "_business_date": str(D - timedelta(days=1)),
        "_source": "lists",
        "_extract": "results",
    }
    write_parquet(path, entity_columns(entity), [given | row for row in rows])
    return str(path.relative_to(home))


def in_force(home: Path, **given: list[dict]) -> dict[str, list[str]]:
    """The raw files of a night per entity, an empty one first."""
    for name in entities():
        write_parquet(home / "raw" / name / "_empty.parquet", entity_columns(name), [])
    empty = {name: [f"raw/{name}/_empty.parquet"] for name in entities()}
    return empty | {name: [*empty[name], raw(home, name, *rows)] for name, rows in given.items()}


def order(number: int, **changed: str) -> dict:
    return {"order_number": f"R{number}", "store_id": "001", "vin": "V1", "staff_id": "S1"} | changed


def test_rows_that_name_nothing_are_counted_against_what_is_in_force(home: Path) -> None:
    found = in_force(
        home,
        store=[{"store_id": "001"}],
        staff=[{"staff_id": "S1", "store_id": "001"}, {"staff_id": "S1", "store_id": "002"}],
        repair_order=[order(1), order(2, store_id="009"), order(3, staff_id=None), order(4, staff_id="S9")],
    )
    rows = {(row["entity"], row["columns"]): row for row in counted(found, sources())}
    assert set(rows) == {("repair_order", "store_id"), ("repair_order", "staff_id"), ("staff", "store_id")}, (
        "nobody delivers vehicles, so none is missed"
    )
    stores, staff = rows["repair_order", "store_id"], rows["repair_order", "staff_id"]
    assert (stores["referencing_records"], stores["unknown_records"]) == (4, 1)
    assert (staff["referencing_records"], staff["unknown_records"]) == (3, 1), "a blank key names nobody"
    assert not stores["is_above_limit"] and stores["message_zh"] == "", "a few rows say nothing"


def test_a_share_above_the_limit_is_told_with_whom_to_ask_and_no_key(home: Path) -> None:
    orders = [order(n, store_id="009" if n < 8 else "001") for n in range(FEW)]
    [row] = counted(in_force(home, store=[{"store_id": "001"}], repair_order=orders), sources())
    assert row["is_above_limit"] and row["limit_percent"] == 5
    assert "门店" in row["message_zh"] and "16%" in row["message_zh"] and "保险经理" in row["message_zh"]
    assert "repair_order.store_id → store" in row["message_en"] and "009" not in row["message_zh"] + row["message_en"]


def publish(list_id: str, *row_ids: str, night: date = D) -> None:
    """Archive a call list as the night of a day did."""
    entity = archives()["call_list"]
    row = {name: None for name in entity.columns} | {"list_id": list_id}
    types = {"date": pa.date32(), "integer": pa.int64()}
    schema = pa.schema([(name, types.get(column.type, pa.string())) for name, column in entity.columns.items()])
    keep(entity, night, pa.Table.from_pylist([row | {"row_id": row_id} for row_id in row_ids], schema=schema))


def hand_back(outbox: Path, *rows: tuple[str, str, str]) -> None:
    book = openpyxl.Workbook()
    book.active.title = "今日名单"
    for row in (("结果", "list_id", "row_id"), *rows):
        book.active.append(row)
    book.save(outbox / f"call_list_001_S1_{D:%Y%m%d}.xlsx")


def received(as_of: date) -> dict:
    from expectations.reception import receive
    from ingest.batches import batches

    receive("lists", as_of)
    [batch] = [batch for batch in batches() if batch.received_on == as_of]
    return {"loaded": batch.loaded, "rules": batch.rules, "verdict": batch.verdict}


def test_a_line_of_a_list_that_was_never_published_is_held_and_goes_back_with_the_reason(home: Path) -> None:
    publish("001-S1", "r1", "r2")
    hand_back(home.parent / "outbox", ("成交", "001-S1", "r1"), ("成交", "001-S1", "r9"), ("未接通", "002-S7", "r1"))
    night = D + timedelta(days=1)
    assert received(night) == {"loaded": 1, "rules": {"row_id:never_published": 2}, "verdict": "accepted"}
    [back] = read_json(select(night) / "inputs.json")["rejects"]
    assert back["owner"] == "保险经理" and back["rows"] == 2
    assert back["columns"]["row_id"]["headers"] == ["row_id"]


def test_only_lists_of_earlier_nights_count(home: Path) -> None:
    publish("001-S1", "r1", night=D - timedelta(days=1))
    publish("001-S1", "r2", night=D)
    hand_back(home.parent / "outbox", ("成交", "001-S1", "r1"), ("成交", "001-S1", "r2"))
    assert received(D)["rules"] == {"row_id:never_published": 1}


def test_a_home_that_published_nothing_yet_holds_nothing(home: Path) -> None:
    hand_back(home.parent / "outbox", ("成交", "001-S1", "r1"))
    assert received(D + timedelta(days=1)) == {"loaded": 1, "rules": {}, "verdict": "accepted"}


def test_every_reference_names_columns_and_keys_that_exist() -> None:
    everything = entities() | archives()
    for entity in entities().values():
        for reference in entity.references:
            assert set(reference.columns) <= set(entity.columns), entity.name
            target = everything[reference.to]
            for ours, theirs in zip(reference.columns, target.key, strict=False):
                assert entity.columns[ours].type == target.columns[theirs].type or {
                    entity.columns[ours].type,
                    target.columns[theirs].type,
                } <= {"code", "text"}, f"{entity.name}.{ours}"
