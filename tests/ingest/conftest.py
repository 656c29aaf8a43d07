"""A small dealership of the test's own: one insurer with a folder, and a home."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingest.batches import Batch, batches

SPEC = """
name: picc
title: 人保财险 PICC
connection: picc_outbox
owner: {name: 王经理, contact: 029-00000000}
late_after_days: 0
extracts:
  policies:
    entity: policy
    files: ["保单清单_{business_date:%Y%m%d}*.csv"]
    read:
      encodings: [utf-8-sig, gb18030]
      totals_row: {column: 保单号, starts_with: 合计, required: true}
    constants: {insurer_code: PICC}
    columns:
      policy_number: [保单号]
      endorsement_number: 批单号
      policy_kind: {from: 险种, codes: {商业险: commercial, 交强险: compulsory}}
      vin: 车架号
      insured_phone: 联系电话
      signed_on: 签单日期
      cover_starts_on: 起保日期
      cover_ends_on: 终保日期
      premium_amount: 签单保费
"""
HEADER = "保单号,批单号,险种,车架号,联系电话,签单日期,起保日期,终保日期,签单保费"


@dataclass
class Desk:
    """What a test does: put files into the insurer's folder, receive them, look at what came of it."""

    home: Path
    outbox: Path
    sources: Path

    def spec(self, text: str) -> None:
        (self.sources / "picc.yaml").write_text(text, encoding="utf-8")

    def put(self, name: str, *lines: str, total: bool = True, encoding: str = "gb18030") -> Path:
        path = self.outbox / name
        body = [HEADER, *lines, *(["合计,,,,,,,,1"] if total else [])]
        path.write_bytes("".join(f"{line}\r\n" for line in body).encode(encoding))
        return path

    def receive(self, as_of: date) -> list[Batch]:
        from expectations.reception import receive

        receive("picc", as_of)
        return [batch for batch in batches() if batch.received_on == as_of]

    def rows(self, batch: Batch) -> list[dict]:
        return pq.read_table(self.home / str(batch.raw)).to_pylist()

    def held(self, batch: Batch) -> dict[int, str]:
        path = self.home / "quarantine" / batch.entity / batch.source / str(batch.received_on)
        table = pq.read_table(path / f"{batch.sidecar().stem}.parquet")
        return dict(zip(table["_row"].to_pylist(), table["_rule"].to_pylist(), strict=True))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name in ("home", "outbox", "sources"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("XUBAO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XUBAO_SOURCES", str(tmp_path / "sources"))
    place = {"conn_type": "file", "extra": {"path": str(tmp_path / "outbox")}}
    monkeypatch.setenv("AIRFLOW_CONN_PICC_OUTBOX", json.dumps(place))
    made = Desk(tmp_path / "home", tmp_path / "outbox", tmp_path / "sources")
    made.spec(SPEC)
    return made


@pytest.fixture
def line() -> Callable[..., str]:
    """One good policy line; a test changes what it is about."""

    def make(number: int = 1, **changed: str) -> str:
        good = {
            "policy_number": f"12030520261124{number:08d}", "endorsement_number": "", "kind": "商业险",
            "vin": f"LSVAA2187C2{number:06d}", "phone": "13800138000", "signed_on": "2026-11-20",
            "starts_on": "2026-12-01", "ends_on": "2027-11-30", "premium": "1234.50",
        } | changed  # fmt: skip
        return ",".join(good.values())

    return make
