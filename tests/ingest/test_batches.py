"""A file that passes the gate in many batches of rows comes out as if it had passed whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from expectations import reception
from ingest.batches import Batch
from ingest.reading import blocks, records

D = date(2026, 11, 24)


@pytest.fixture
def lines(line: Callable[..., str]) -> list[str]:
    """Forty rows: good ones, broken ones, an exact duplicate of each far below it, and keys that come again changed."""
    good = [line(number) for number in range(1, 31)]
    bad = [line(31, vin="LSVAA2187O2000001"), line(32, ends_on="2026-02-30"), line(33, policy_number="")]
    again = [good[2], bad[0], line(6, premium="9.00"), line(8, premium="9.00"), line(8, premium="8.00")]
    return [*good[:20], *bad, *good[20:], *again, "too,few", line(34)]


def received(desk, lines: list[str]) -> tuple[Batch, list[dict], dict[int, str]]:
    desk.put("保单清单_20261123.csv", *lines)
    [batch] = desk.receive(D)
    assert batch.raw, (batch.message_en, batch.rules, batch.records, batch.declared)
    return batch, desk.rows(batch), desk.held(batch)


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_batches_change_nothing(desk, lines: list[str], monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(records, "BATCH_RECORDS", size)
    monkeypatch.setattr(reception, "BATCH_RECORDS", size)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 200 * size)
    batch, rows, held = received(desk, lines)
    assert (batch.records, batch.loaded, batch.quarantined) == (42, 30 + 4 - 3, 3 + 3 + 1)
    assert batch.declared == {"header": 1, "totals": 1, "exact_duplicate": 2}
    assert batch.rules == {
        "cover_ends_on:not_a_date": 1, "key:superseded_in_file": 3, "policy_number:missing": 1,
        "row:wrong_number_of_fields": 1, "vin:not_a_vin": 1,
    }  # fmt: skip
    assert held == {
        22: "vin:not_a_vin", 23: "cover_ends_on:not_a_date", 24: "policy_number:missing", 7: "key:superseded_in_file",
        9: "key:superseded_in_file", 38: "key:superseded_in_file", 40: "row:wrong_number_of_fields",
    }  # fmt: skip
    assert [row["_row"] for row in rows] == sorted({*range(2, 40), 41} - {7, 9, 22, 23, 24, 35, 36, 38})
    path = desk.home / "quarantine" / "policy" / "picc" / str(D) / f"{batch.sidecar().stem}.parquet"
    texts = {row["_row"]: row for row in pq.read_table(path).to_pylist()}
    assert texts[22]["车架号"] == "LSVAA2187O2000001" and texts[9]["签单保费"] == "1234.50"
    assert texts[40]["_text"] == "too,few" and texts[40]["车架号"] is None


def test_a_file_that_breaks_off_in_its_last_batch_leaves_nothing(desk, lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "BATCH_RECORDS", 3)
    monkeypatch.setattr(reception, "BATCH_RECORDS", 3)
    desk.put("保单清单_20261123.csv", *lines, total=False)
    [batch] = desk.receive(D)
    assert (batch.verdict, batch.rule, batch.records) == ("refused", "file:truncated", 41)
    left = [
        path for path in desk.home.rglob("*") if path.suffix in (".parquet", ".tmp") and "landing" not in path.parts
    ]
    assert left == []


def test_a_parser_that_breaks_in_the_middle_holds_up_no_other_file(desk, lines, monkeypatch) -> None:
    monkeypatch.setattr(records, "BATCH_RECORDS", 3)
    monkeypatch.setattr(reception, "BATCH_RECORDS", 3)
    calls = 0
    real = reception.judge_rows

    def breaks_once(*given):
        nonlocal calls
        calls += 1
        judged, result = real(*given)
        return ([ValueError("a value")] * len(judged), None) if calls == 4 else (judged, result)

    monkeypatch.setattr(reception, "judge_rows", breaks_once)
    desk.put("保单清单_20261122.csv", *lines)
    desk.put("保单清单_20261123.csv", *lines[:3])
    first, second = desk.receive(D)
    assert (first.verdict, first.rule, second.verdict) == ("failed", "file:failed", "accepted")
    assert "a value" not in first.message_en


def test_the_quarantine_of_an_earlier_reading_does_not_outlive_it(desk, lines) -> None:
    batch, _, held = received(desk, lines)
    assert held
    mended = desk.sources / "picc.yaml"
    mended.write_text(mended.read_text(encoding="utf-8") + "    max_reject_share: 0.01\n", encoding="utf-8")
    [again] = desk.receive(D)
    assert again.verdict == "refused" and again.sidecar() == batch.sidecar()
    assert not batch.held().exists()


def test_memory_is_not_taken_for_rows_on_their_way(tmp_path: Path) -> None:
    import numpy as np
    import pyarrow as pa

    from ingest.spool import Spool

    spool = Spool(tmp_path / "out.parquet")
    for start in range(0, 30, 10):
        spool.add(pa.table({"_row": list(range(start, start + 10)), "x": ["a"] * 10}))
    assert not (tmp_path / "out.parquet").exists()
    assert spool.rows(np.array([3, 29]), ["_row"])["_row"].to_pylist() == [3, 29]
    spool.write(np.array([3, 12]))
    assert pq.read_table(tmp_path / "out.parquet")["_row"].to_pylist() == [n for n in range(30) if n not in (3, 12)]
    assert [path.name for path in tmp_path.iterdir()] == ["out.parquet"]
    assert (tmp_path / "out.parquet").stat().st_mode & 0o777 == 0o600
