"""Tables are fetched by their watermark, whatever its type, and nothing that came late is missed."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.batches import batches
from ingest.places.marks import highest_in, highest_mark
from ingest.spec import SourceSpecError, load

SPEC = """
name: dms
title: DMS
connection: dms
owner: {name: 管理员, contact: 信息部}
extracts:
  sales:
    entity: vehicle_sale
    table: main.sale
    watermark: changed
    read: {format: table}
    ignored: [changed]
    columns: {sale_number: number, store_id: store, vin: vin, sold_on: sold_on, price_amount: price}
"""
FIRST, SECOND = date(2026, 11, 24), date(2026, 11, 25)


@pytest.mark.parametrize(
    ("kind", "early", "late", "added"),
    [
        ("integer", 9, 10, 11),
        ("text", "2026-11-20 10:00:00", "2026-11-23 10:00:00", "2026-11-24 08:00:00"),
        ("date", "2026-11-20", "2026-11-23", "2026-11-24"),
        ("timestamp", "2026-11-20 10:00:00.000000", "2026-11-23 10:00:00.000000", "2026-11-24 08:00:00.000000"),
        ("text", "a9", "b1", "b2"),
    ],
)
def test_only_what_may_be_new_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, early: object, late: object, added: object
) -> None:
    from expectations.reception import receive

    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "dms.yaml").write_text(SPEC, encoding="utf-8")
    place = tmp_path / "dms.sqlite"
    monkeypatch.setenv("XUBAO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XUBAO_SOURCES", str(tmp_path / "sources"))
    monkeypatch.setenv("AIRFLOW_CONN_DMS", json.dumps({"conn_type": "sqlite", "host": str(place)}))

    def write(*rows: tuple[int, object]) -> None:
        with sqlite3.connect(place) as connection:
            connection.execute(
                f"create table if not exists sale (number text, store text, vin text, sold_on text, price, changed {kind})"
            )
            for number, mark in rows:
                line = (f"S{number}", "001", f"LSVAA2187C2{number:06d}", "2026-11-20", 1.5, mark)
                connection.execute("insert into sale values (?, ?, ?, ?, ?, ?)", line)
        connection.close()

    write((1, early), (2, late), (3, None))
    receive("dms", FIRST)
    write((4, added))
    receive("dms", SECOND)
    first, second = sorted(batches(), key=lambda batch: batch.received_on)
    assert (first.verdict, first.loaded, first.name) == ("accepted", 3, "main.sale_20261124.parquet")
    assert first.watermark == str(late)
    fetched = pq.read_table(tmp_path / "home" / str(second.raw))["sale_number"].to_pylist()
    assert fetched == ["S2", "S3", "S4"], "the highest one again for what was committed late, those without one always"


@given(
    st.lists(st.none() | st.sampled_from(["", "9", "10", "-3", "2026-11-20", "2026-11-24 23:59", "2099-01-01", "a"]))
)
def test_a_columns_highest_mark_is_that_of_its_values(marks: list[str | None]) -> None:
    assert highest_in(pa.array(marks, pa.string()), "2026-11-25") == highest_mark(marks, "2026-11-25")


def test_whole_numbers_are_compared_as_numbers_and_the_future_blocks_nothing() -> None:
    assert highest_mark(["9", "10", None]) == "10"
    assert highest_mark(["2026-11-20", "2099-01-01"], str(datetime(2026, 11, 25).date())) == "2026-11-20"
    assert highest_mark([None]) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("watermark: changed", "watermark: changed\n    mode: snapshot"), "would count as gone"),
        (("table: main.sale", "files: a.csv"), "come by their names"),
        (("table: main.sale", "table: main.sale\n    files: a.csv"), "give one of"),
    ],
)
def test_a_spec_that_would_lose_rows_is_refused(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    path = tmp_path / "dms.yaml"
    path.write_text(SPEC.replace(*change), encoding="utf-8")
    with pytest.raises(SourceSpecError, match=words):
        load(path)
