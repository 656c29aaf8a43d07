"""The table of shape × kind of source × defect: every cell is a file with what must become of it, or has a reason.

A file of each cell is written, then all files of a shape and kind are received together, as a night would.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ingest.batches import Batch, batches
from ingest.counting import count_records
from ingest.entities import entities
from ingest.spec import Extract, load
from tests.ingest.matrix.defects import DEFECTS, Case, Defect, Impossible, case_of
from tests.ingest.matrix.kinds import KINDS, Kind
from tests.ingest.matrix.shapes import SHAPES, Shape

AS_OF = date(2026, 11, 24)
GROUPS = [(kind, shape) for kind in KINDS for shape in SHAPES]
CELLS = [(kind, shape, defect) for kind, shape in GROUPS for defect in DEFECTS]


def cell(kind: Kind, shape: Shape, defect: Defect) -> Case | Impossible:
    return case_of(kind, shape, defect, DEFECTS.index(defect))


@dataclass(frozen=True)
class Received:
    """What came of the files of one shape and kind."""

    home: Path
    batches: dict[str, Batch]

    def loaded(self, batch: Batch) -> list[dict[str, Any]]:
        """Everything that was loaded of a file, in the order of its records."""
        return pq.read_table(self.home / str(batch.raw)).sort_by("_row").to_pylist()

    def held(self, batch: Batch) -> list[dict[str, Any]]:
        """Everything that was held of a file, in the order of its records."""
        return pq.read_table(batch.held()).sort_by("_row").to_pylist() if batch.held().exists() else []

    def landed(self, name: str) -> Path:
        [path] = (self.home / "landing" / "sender").rglob(f"*-{name}")
        return path


@pytest.fixture(scope="module")
def received(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Receives a shape and kind when first asked, and keeps it: (kind, shape) → Received."""
    done: dict[tuple[str, str], Received] = {}

    def get(kind: Kind, shape: Shape) -> Received:
        key = (kind.name, shape.name)
        if key not in done:
            done[key] = _receive(tmp_path_factory.mktemp(f"{kind.name}-{shape.name}"), kind, shape)
        return done[key]

    yield get


def extract_of(folder: Path, kind: Kind, shape: Shape) -> Extract:
    """The extract of a kind in a shape; its spec is written to folder/sender.yaml."""
    names = (
        f"names: [{', '.join(kind.headers)}]" if not kind.has_header and shape.has_lines and not shape.has_cells else ""
    )
    key = kind.headers[kind.columns.index(kind.roles["key"])] if kind.has_header else ""
    totals = f"totals_row: {{column: {key}, starts_with: 合计}}" if key else ""
    read = shape.read.strip("{}")
    options = ", ".join(part for part in (read, names, totals) if part)
    spec = (
        f"name: sender\ntitle: 来源\nconnection: outbox\nowner: {{name: 王经理, contact: 店内}}\nextracts:\n  files:"
        f"{kind.spec.rstrip()}\n    files: ['*_{{business_date:%Y%m%d}}.{shape.suffix}']\n"
        f"    read: {{{options}}}\n    may_be_empty: true\n    max_reject_share: 1\n"
    )
    (folder / "sender.yaml").write_text(spec, encoding="utf-8")
    return load(folder / "sender.yaml").extracts["files"]


def _receive(folder: Path, kind: Kind, shape: Shape) -> Received:
    from expectations.reception import receive

    for name in ("home", "outbox", "sources"):
        (folder / name).mkdir()
    extract_of(folder / "sources", kind, shape)
    for defect in DEFECTS:
        made = cell(kind, shape, defect)
        if isinstance(made, Case):
            (folder / "outbox" / f"{defect.name}_20261123.{shape.suffix}").write_bytes(packed(shape, made))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XUBAO_HOME", str(folder / "home"))
        patched.setenv("XUBAO_SOURCES", str(folder / "sources"))
        place = {"conn_type": "file", "extra": {"path": str(folder / "outbox")}}
        patched.setenv("AIRFLOW_CONN_OUTBOX", json.dumps(place))
        receive("sender", AS_OF)
        found = {batch.name.rsplit("_", 1)[0]: batch for batch in batches()}
    return Received(folder / "home", found)


@pytest.mark.parametrize(
    ("kind", "shape", "defect"), CELLS, ids=[f"{kind.name}-{shape.name}-{defect.name}" for kind, shape, defect in CELLS]
)
def test_cell(received: Any, kind: Kind, shape: Shape, defect: Defect, monkeypatch: pytest.MonkeyPatch) -> None:
    case = cell(kind, shape, defect)
    if isinstance(case, Impossible):
        assert len(case.reason) > 10
        return
    got: Received = received(kind, shape)
    monkeypatch.setenv("XUBAO_HOME", str(got.home))
    batch = got.batches[defect.name]
    name = f"{defect.name}_20261123.{shape.suffix}"
    landed, data = got.landed(name), (got.home.parent / "outbox" / name).read_bytes()
    assert landed.read_bytes() == data  # nothing received is ever lost
    if case.refused:
        assert (batch.verdict, batch.rule, batch.raw) == ("refused", case.refused, None), batch.message_en
        assert "王经理" in batch.message_zh and batch.message_en
        assert not batch.sidecar().with_suffix(".parquet").exists() and got.held(batch) == []
        return
    assert batch.is_accepted, (batch.rule, batch.message_en)
    assert tuple(fault["rule"] for fault in batch.faults) == case.faults
    header = 1 if shape.has_lines and (kind.has_header or shape.has_cells) else 0
    assert got.loaded(batch) == loaded_rows(kind, defect, case, header, landed, data)
    assert got.held(batch) == held_rows(case, header, shape, got.held(batch))
    assert batch.rules == {rule: list(case.held.values()).count(rule) for rule in case.held.values()}
    expected = {"header": header} if header else {}
    for name, count in case.declared.items():
        expected[name] = expected.get(name, 0) + count
    assert {name: count for name, count in batch.declared.items() if count} == expected
    assert batch.warnings == case.warnings
    assert batch.records == batch.loaded + batch.quarantined + sum(batch.declared.values())
    extract = load(got.home.parent / "sources" / "sender.yaml").extracts["files"]
    assert (
        count_records(landed, extract, shape.delimiter, encoding="utf-16" if "utf16" in shape.name else "utf-8")
        == batch.records
    )


def packed(shape: Shape, case: Case) -> bytes:
    """The bytes of a cell's file."""
    data = shape.pack(case.sheet)
    return case.edit(data) if case.edit else data


def loaded_rows(kind: Kind, defect: Defect, case: Case, header: int, landed: Path, data: bytes) -> list[dict[str, Any]]:
    """Every column of every row that must be loaded, in order: canonical ones, blank ones, and where it came from."""
    number, rows = DEFECTS.index(defect), []
    constants = {"insurer_code": "PICC"} if kind.entity == "policy" else {}
    for line, at in zip(case.kept, case.at or case.kept, strict=True):
        row: dict[str, Any] = dict.fromkeys(entities()[kind.entity].columns) | constants
        row |= dict(zip(kind.columns, kind.rows[line - 1], strict=True))
        row |= {column: value for (where, column), value in case.changed.items() if where == line}
        row = {name: v.replace("{n}", f"{number:03d}") if isinstance(v, str) else v for name, v in row.items()}
        rows.append(
            row
            | {
                "_source": "sender", "_extract": "files", "_file": "/".join(landed.parts[-5:]),
                "_sha8": hashlib.sha256(data).hexdigest()[:8], "_row": at + header, "_received_on": AS_OF,
                "_business_date": date(2026, 11, 23),
            }
        )  # fmt: skip
    return rows


def held_rows(case: Case, header: int, shape: Shape, got: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every row that must be held, with its number, its rule and its cells as they were sent.

    A record that is no row of the table stands whole in _text. A blank cell may be missing or empty: packings differ.
    """
    rows: list[dict[str, Any]] = []
    names = case.sheet[0] if case.sheet else []
    columns = [name for name in (got[0] if got else {}) if not name.startswith("_")]
    for line, rule in sorted(case.held.items()):
        record = (
            case.sheet[line] if len(case.sheet) > line and (header or not shape.has_lines) else case.sheet[line - 1]
        )
        row: dict[str, Any] = {"_row": line + header, "_rule": rule, "_text": None}
        if rule == "row:wrong_number_of_fields":
            row["_text"] = ("\t" if shape.has_cells else shape.delimiter).join(record)
            row |= dict.fromkeys(columns)
        else:
            sent = dict(zip(names if header or not shape.has_lines else columns, map(str, record), strict=True))
            here = next((one for one in got if one["_row"] == line + header), {})
            row |= {name: here.get(name) if not cell and not here.get(name) else cell for name, cell in sent.items()}
        rows.append(row)
    return rows


def test_the_table_is_full() -> None:
    made = [cell(*place) for place in CELLS]
    assert sum(isinstance(one, Case) for one in made) >= 2_100
    assert all(isinstance(one, Case | Impossible) for one in made)
