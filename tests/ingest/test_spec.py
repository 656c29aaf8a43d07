"""Source specs: what is wrong is said with its place, before any file is read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingest.entities import archives, entities
from ingest.spec import SourceSpecError, load, match_file, sources
from tests.ingest.conftest import SPEC


def test_every_built_in_spec_can_be_used() -> None:
    assert set(sources()) == {"dadi", "dms", "phone", "picc", "pingan", "returned_lists"}


def test_every_entity_has_a_key_among_its_columns() -> None:
    for entity in [*entities().values(), *archives().values()]:
        assert set(entity.key) <= set(entity.columns), entity.name


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (SPEC.replace("vin: 车架号", "win: 车架号"), "win"),
        (SPEC.replace("entity: policy", "entity: polices"), "polices"),
        (SPEC.replace("late_after_days: 0", "late_after_days: soon"), "late_after_days"),
        (SPEC.replace("read:", "reads:"), "reads"),
        ("just text", "spec"),
    ],
)
def test_a_wrong_spec_is_told_with_its_place(tmp_path: Path, wrong: str, place: str) -> None:
    path = tmp_path / "picc.yaml"
    path.write_text(wrong, encoding="utf-8")
    with pytest.raises(SourceSpecError, match=place) as error:
        load(path)
    assert "picc.yaml" in str(error.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("保单清单_20261123.csv", date(2026, 11, 23)),
        ("保单清单_20261123_v2.csv", date(2026, 11, 23)),
        ("保单清单_20261323.csv", None),
        ("报价_20261123.csv", None),
        ("保单清单_20261123.csv.tmp", None),
    ],
)
def test_a_file_name_tells_its_business_date(tmp_path: Path, name: str, expected: date | None) -> None:
    (tmp_path / "picc.yaml").write_text(SPEC, encoding="utf-8")
    fields = match_file(load(tmp_path / "picc.yaml").extracts["policies"], name)
    assert (fields or {}).get("business_date") == expected
