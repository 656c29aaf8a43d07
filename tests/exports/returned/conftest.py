"""A call list as it was sent, filled in by a test, and what the next night reads of it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exports.call_list import call_list_workbook, call_lists
from exports.wording import load_night
from ingest.archive import keep
from ingest.batches import Batch, batches
from ingest.entities import archives

SENT, NEXT = date(2026, 11, 24), date(2026, 11, 25)
NAME = "call_list_001_S1_20261124.xlsx"
LIST = "001-S1-2026-11-24"


@dataclass(frozen=True)
class Returned:
    """What the night made of the lists in the folder."""

    home: Path
    batches: list[Batch]

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """row id → the row, of all files."""
        found = [row for b in self.batches if b.raw for row in pq.read_table(self.home / b.raw).to_pylist()]
        return {row["row_id"]: row for row in found}

    @property
    def results(self) -> dict[str, str]:
        return {row_id: row["result"] for row_id, row in sorted(self.rows.items())}

    @property
    def held(self) -> list[str]:
        """Rules that held rows."""
        return sorted(rule for batch in self.batches for rule, count in batch.rules.items() for _ in range(count))

    @property
    def rules(self) -> dict[str, str | None]:
        """File name → rule of the file's verdict."""
        return {batch.name: batch.rule for batch in self.batches}


@pytest.fixture
def sent(make_build, home: Path) -> Callable[..., bytes]:
    """The workbook of S1's list with eight rows, r1 to r8, in a language."""

    def make(language: str = "zh", rows: int = 8) -> bytes:
        build = home / "builds" / f"sent-{language}-{rows}"
        build = build if build.exists() else make_build(build_id=build.name, rows=rows)
        person, lines = next(iter(call_lists(build)))
        person = {**person, "benefits_on_staff_lists": True}
        return call_list_workbook(person, lines, load_night(build, SENT, language))

    return make


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the connection `returned_lists`."""
    path = tmp_path / "returned"
    path.mkdir()
    place = {"conn_type": "file", "extra": {"path": str(path)}}
    monkeypatch.setenv("AIRFLOW_CONN_RETURNED_LISTS", json.dumps(place))
    return path


@pytest.fixture
def received(home: Path, folder: Path) -> Callable[..., Returned]:
    def receive_all(as_of: date = NEXT) -> Returned:
        from expectations.reception import receive

        receive("returned_lists", as_of)
        return Returned(home, [batch for batch in batches("returned_lists") if batch.received_on == as_of])

    return receive_all


class Filled:
    """A workbook in somebody's hands: columns are called by their headers, rows by their ids."""

    def __init__(self, data: bytes) -> None:
        self.book = openpyxl.load_workbook(io.BytesIO(data))
        self.sheet = self.book.worksheets[0]

    def place(self, header: str) -> int:
        return [cell.value for cell in self.sheet[1]].index(header) + 1

    def row_of(self, row_id: str) -> int:
        ids = [cell.value for cell in self.sheet[self.sheet.cell(1, self.place("row_id")).column_letter]]
        return ids.index(row_id) + 1

    def fill(self, row_id: str, **answers: Any) -> Filled:
        for header, value in answers.items():
            self.sheet.cell(self.row_of(row_id), self.place(header), value)
        return self

    def bytes(self) -> bytes:
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()


@pytest.fixture
def filled(sent: Callable[..., bytes]) -> Filled:
    """The list with a result in r1 to r4; the others were not called."""
    work = Filled(sent())
    work.fill("r1", 结果="成交", 已报价金额=3200.5, 备注="已付款")
    work.fill("r2", 结果="待联系", 下次联系=date(2026, 11, 30), 新电话="13900139002")
    work.fill("r3", 结果="战败", 战败原因="保费太贵", 竞品报价=2800)
    work.fill("r4", 结果="未接通")
    return work


RESULTS = {"r1": "renewed", "r2": "call_back", "r3": "lost", "r4": "no_answer"}


@pytest.fixture
def published(home: Path) -> None:
    """The archive knows the lists of S1 (r1 to r8) and of S2 (s1 to s3), as the night of SENT published them."""
    entity = archives()["call_list"]
    rows = [(LIST, f"r{number}") for number in range(1, 9)] + [("002-S2-2026-11-24", f"s{n}") for n in range(1, 4)]
    filler = {"VARCHAR": "x", "DATE": SENT, "BIGINT": 1, "BOOLEAN": True}
    table = {name: [filler[kind]] * len(rows) for name, kind in entity.sql_types().items()}
    table |= {"list_id": [row[0] for row in rows], "row_id": [row[1] for row in rows]}
    keep(entity, SENT, pa.table(table))
