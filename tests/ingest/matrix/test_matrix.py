"""The table of shape × kind of source × defect: every cell is a file with what must become of it, or has a reason.

A file of each cell is written, then all files of a shape and kind are received together, as a night would.
"""

from __future__ import annotations

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

    def rows(self, batch: Batch, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
        table = pq.read_table(self.home / str(batch.raw), columns=[*columns, "_row"]).sort_by("_row")
        return list(zip(*(table[name].to_pylist() for name in columns), strict=True))

    def held(self, batch: Batch) -> dict[int, str]:
        folder = self.home / "quarantine" / batch.entity / batch.source / str(batch.received_on)
        path = folder / f"{batch.sidecar().stem}.parquet"
        if not path.exists():
            return {}
        table = pq.read_table(path, columns=["_row", "_rule"])
        return dict(zip(table["_row"].to_pylist(), table["_rule"].to_pylist(), strict=True))


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
            data = shape.pack(made.sheet)
            (folder / "outbox" / f"{defect.name}_20261123.{shape.suffix}").write_bytes(
                made.edit(data) if made.edit else data
            )
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
    got = received(kind, shape)
    monkeypatch.setenv("XUBAO_HOME", str(got.home))
    batch = got.batches[defect.name]
    if case.refused:
        assert (batch.verdict, batch.rule, batch.raw) == ("refused", case.refused, None), batch.message_en
        assert "王经理" in batch.message_zh and batch.message_en
        return
    assert batch.is_accepted, (batch.rule, batch.message_en)
    number = DEFECTS.index(defect)
    rows = []
    for line in case.kept:
        row = dict(zip(kind.columns, kind.rows[line - 1], strict=True))
        row |= {column: value for (at, column), value in case.changed.items() if at == line}
        rows.append(tuple(v.replace("{n}", f"{number:03d}") if isinstance(v, str) else v for v in row.values()))
    assert got.rows(batch, kind.columns) == rows
    header = 1 if shape.has_lines and (kind.has_header or shape.has_cells) else 0
    assert got.held(batch) == {line + header: rule for line, rule in case.held.items()}
    assert batch.rules == {rule: list(case.held.values()).count(rule) for rule in case.held.values()}
    expected = {"header": header} if header else {}
    for name, count in case.declared.items():
        expected[name] = expected.get(name, 0) + count
    assert {name: count for name, count in batch.declared.items() if count} == expected
    assert {rule: count for rule, count in batch.warnings.items() if "check_digit" not in rule} == case.warnings
    assert batch.records == batch.loaded + batch.quarantined + sum(batch.declared.values())
    [landed] = (got.home / "landing" / "sender").rglob(f"*-{defect.name}_20261123.{shape.suffix}")
    extract = load(got.home.parent / "sources" / "sender.yaml").extracts["files"]
    assert (
        count_records(landed, extract, shape.delimiter, encoding="utf-16" if "utf16" in shape.name else "utf-8")
        == batch.records
    )


def test_the_table_is_full() -> None:
    made = [cell(*place) for place in CELLS]
    assert sum(isinstance(one, Case) for one in made) >= 150
    assert all(isinstance(one, Case | Impossible) for one in made)
