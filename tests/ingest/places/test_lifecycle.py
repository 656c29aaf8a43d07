"""Files in motion: what is still being written at its source is not taken."""

from __future__ import annotations

from datetime import date

import pytest

from tests.ingest.conftest import SPEC

D = date(2026, 11, 24)


@pytest.mark.parametrize("name", ["{}.part", "{}.TMP", "{}.filepart", "~${}", ".{}"])
def test_an_upload_in_progress_is_never_taken(desk, line, name: str) -> None:
    desk.spec(SPEC.replace('"保单清单_{business_date:%Y%m%d}*.csv"', '"*保单清单_{business_date:%Y%m%d}*"'))
    path = desk.put("保单清单_20261123.csv", line(1))
    path.rename(path.with_name(name.format(path.name)))
    assert desk.receive(D) == []
    desk.put("保单清单_20261123.csv", line(1))
    assert [batch.name for batch in desk.receive(D)] == ["保单清单_20261123.csv"]
