"""Whether rows are of the time their file is about is judged by what brought them into it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from expectations.belonging import Belonging, moments
from ingest.entities import entities
from ingest.landing import Landed
from ingest.spec import Extract


@pytest.mark.parametrize(
    ("entity", "columns"),
    [
        ("policy", ["signed_on"]),
        ("call_result", []),
        (
            "claim",
            ["accident_at", "reported_at", "assessed_at", "settled_on", "dispute_opened_on", "dispute_closed_on"],
        ),
    ],
)
def test_what_must_be_there_says_when_else_every_moment_does(entity: str, columns: list[str]) -> None:
    assert moments(entities()[entity]) == columns


def test_a_claim_of_last_month_belongs_to_the_day_it_was_settled(tmp_path: Path) -> None:
    extract = Extract.model_validate({"entity": "claim", "files": ["claims_{business_date:%Y%m%d}.csv"], "columns": {}})
    file = Landed(tmp_path / "x", "picc", "claims", "claims_20261121.csv", "0", *[date(2026, 11, 21)] * 2, {}, 1, None)
    found = Belonging("claims", extract, file)
    none = pa.nulls(2, pa.timestamp("us"))
    october = pa.array([datetime(2026, 10, 2, 8)] * 2, pa.timestamp("us"))
    rows = {
        "accident_at": october, "reported_at": october, "assessed_at": none,
        "settled_on": pa.array([date(2026, 11, 21), None], pa.date32()),
        "dispute_opened_on": none, "dispute_closed_on": none,
    }  # fmt: skip
    found.add(pa.table(rows), np.zeros((2, 2), np.uint64))
    assert found.told()["in_period"] == 1
