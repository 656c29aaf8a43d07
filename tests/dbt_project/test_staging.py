"""Every entity has its staging model: the newest row of each key, and only what happened before as_of."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from ingest.entities import Entity, entities
from tests.dbt_project.small_night import ROOT, Night, run_night

AS_OF = "2026-11-24"
MODELS = {
    re.search(r"raw\('(\w+)'\)", path.read_text(encoding="utf-8"))[1]: path  # type: ignore[index]
    for path in sorted((ROOT / "dbt_project" / "models" / "staging").glob("stg_*.sql"))
}
GOOD = {
    "date": "2026-01-02",
    "timestamp": "2026-01-02 10:00:00",
    "integer": 1,
    "number": 0.5,
    "money": 1,
    "boolean": True,
}


def event_of(entity: str) -> str | None:
    """The column whose day decides whether a row counts yet; None for what has no event."""
    found = re.search(r"where (\w+) < \{\{ as_of\(\) \}\}", MODELS[entity].read_text(encoding="utf-8"))
    return found[1] if found and found[1] in entities()[entity].columns else None


def row(entity: Entity, number: int, moment: str, received_on: str, mark: str) -> dict[str, Any]:
    """A row of key `number`; `mark` stands in `_source`, by which the test tells rows of one key apart."""
    made: dict[str, Any] = {
        name: column.codes[0] if column.codes else GOOD.get(column.type, "x") for name, column in entity.columns.items()
    }
    own = next(name for name in entity.key if not entity.columns[name].codes)
    made[own] = f"K{number}"
    if event := event_of(entity.name):
        made[event] = moment if entity.columns[event].type == "timestamp" else moment[:10]
    return made | {"_received_on": received_on, "_source": mark, "_business_date": "2026-11-20"}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Of each entity: a key with an old and a new row, and keys whose event is one second before and at as_of."""
    midnight = datetime.fromisoformat(AS_OF)
    before, at = str(midnight - timedelta(seconds=1)), str(midnight)
    given = {
        name: [
            row(entity, 1, "2026-11-01 09:00:00", "2026-11-02", "old"),
            row(entity, 1, "2026-11-01 09:00:00", "2026-11-05", "new"),
            row(entity, 2, before, "2026-11-24", "before"),
            row(entity, 3, at, "2026-11-24", "at"),
        ]
        for name, entity in entities().items()
        if name != "call"  # a call's id is its phone system's own: _source is part of its key
    }
    models = " ".join(f"+{path.stem}" for path in MODELS.values())
    return run_night(tmp_path_factory.mktemp("staging"), AS_OF, given, select=models)


def test_every_entity_has_a_staging_model() -> None:
    assert set(MODELS) == set(entities())


def kept_rows(night: Night, name: str) -> list[str]:
    """The marks of the rows that an entity's staging model keeps; a view asks for the session's variables."""
    home = night.folder.parent / "home"
    paths = json.loads((night.folder / "inputs.json").read_text(encoding="utf-8"))["entities"][name]
    with duckdb.connect(str(night.folder / "work.duckdb"), read_only=True) as connection:
        connection.execute("set variable inputs = ?", [{f"raw_{name}": "\n".join(str(home / path) for path in paths)}])
        connection.execute("set variable as_of = cast(? as date)", [AS_OF])
        rows = connection.execute(f"select _source from staging.{MODELS[name].stem} order by 1").fetchall()
    return [mark for (mark,) in rows]


@pytest.mark.parametrize("name", [name for name in MODELS if name != "call"])
def test_the_newest_row_of_a_key_counts_and_what_happens_at_as_of_waits(night: Night, name: str) -> None:
    assert night.exit_code == 0, night.stderr
    kept = kept_rows(night, name)
    assert kept == (["before", "new"] if event_of(name) else ["at", "before", "new"])


def test_events_are_named_where_there_are_any() -> None:
    timeless = {"store", "staff", "staff_leave", "customer", "vehicle", "commission_rate", "channel", "call_result"}
    assert {name for name in MODELS if event_of(name) is None} == timeless
