"""One insurer's export says when a policy was signed, another's only on which day; both are read as they are."""

from __future__ import annotations

import json
import shutil
from datetime import date, time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from expectations.reception import receive
from ingest.batches import batches

FILES = {"pingan": "平安续保_202610.xlsx", "picc": "保单清单_202610.csv"}


@pytest.fixture
def signed(grown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """(signed_on, signed_at) of the good rows of October's policy files, by source, through the built-in specs."""
    monkeypatch.setenv("XUBAO_HOME", str(tmp_path / "home"))
    found = {}
    for source, name in FILES.items():
        folder = tmp_path / source
        folder.mkdir()
        shutil.copyfile(grown.outbox / source / name, folder / name)
        place = {"conn_type": "file", "extra": {"path": str(folder)}}
        monkeypatch.setenv(f"AIRFLOW_CONN_{source.upper()}_OUTBOX", json.dumps(place))
        receive(source, date(2026, 11, 24))
        [batch] = [b for b in batches(source) if b.extract == "policies" and b.is_accepted]
        table = pq.read_table(tmp_path / "home" / batch.raw, columns=["signed_on", "signed_at"])
        found[source] = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    return found


def test_where_the_export_has_a_moment_its_day_and_its_time_are_read(signed) -> None:
    assert len(signed["pingan"]) > 5
    assert all(at.date() == on for on, at in signed["pingan"])
    assert all(time(9) <= at.time() <= time(18, 30) for _, at in signed["pingan"])
    assert len({at.time() for _, at in signed["pingan"]}) > 5, "a moment, not midnight"


def test_where_the_export_has_a_day_only_the_time_stays_unknown(signed) -> None:
    assert len(signed["picc"]) > 5
    assert all(on is not None and at is None for on, at in signed["picc"])
