"""What comes of a file does not depend on how it is cut into blocks and batches on its way."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from expectations import reception
from ingest.batches import Batch
from ingest.reading import blocks, records
from tests.ingest.conftest import SPEC, Desk

D = date(2026, 11, 24)
LENIENT = SPEC.replace("[utf-8-sig, gb18030]", "[utf-8-sig, utf-16, gb18030]").replace(
    "    constants", "    max_reject_share: 1\n    constants"
)


def messy(line: Callable[..., str], seed: int) -> list[str]:
    """Lines with few keys, and every fault that makes a row something else than a row."""
    dice = random.Random(seed)
    faults: list[Callable[[str], str]] = [
        lambda row: row + ",x", lambda row: row.rsplit(",", 1)[0], lambda row: "", lambda row: ",,,,,,,,",
        lambda row: row.replace("13800138000", '"1380013\n8000"'), lambda row: row + ",,", lambda row: "合计,,,,,,,,7",
        lambda row: row.replace("商业险", '"商业险"'), lambda row: row.replace("2026-11-20", '2026-11-20"'),
        lambda row: row.replace("2026-11-20", "x"), lambda row: row.replace("138", "续保"),
    ]  # fmt: skip
    lines = [line(dice.randrange(1, 60), premium=str(dice.choice([1, 2, 3]))) for _ in range(150)]
    return [dice.choice(faults)(row) if dice.random() < 0.4 else row for row in lines]


@pytest.mark.parametrize(("seed", "encoding"), [(1, "gb18030"), (2, "utf-16"), (3, "utf-8"), (4, "utf-8-sig")])
def test_the_same_rows_come_of_a_file_in_one_block_and_in_many(
    desk: Desk, line: Callable[..., str], seed: int, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.spec(LENIENT)
    desk.put("保单清单_20261123.csv", *messy(line, seed), encoding=encoding)
    found = []
    for size, batch_records in ((1 << 25, 250_000), (201, 15)):
        home = Path(desk.home.parent / f"home-{size}")
        monkeypatch.setenv("XUBAO_HOME", str(home))
        monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
        monkeypatch.setattr(records, "BATCH_RECORDS", batch_records)
        monkeypatch.setattr(reception, "BATCH_RECORDS", batch_records)
        [batch] = desk.receive(D)
        assert batch.records == batch.loaded + batch.quarantined + sum(batch.declared.values())
        found.append((told(batch), rows_of(home / str(batch.raw)), rows_of(batch.held())))
    assert found[0] == found[1]
    assert len(found[0][1]) > 20 and len(found[0][2]) > 20 and found[0][0]["declared"]["exact_duplicate"]


def told(batch: Batch) -> dict[str, object]:
    return {name: value for name, value in vars(batch).items() if name != "seconds"}


def rows_of(path: Path) -> list[dict[str, object]]:
    return pq.read_table(path).sort_by("_row").to_pylist()
