"""The card of the model in force, as a page of the published night."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

QUERY = "select word from read_parquet($files, union_by_name = true) where part = 'fact' and feature = 'card'"


def write_card(build: Path, home: Path) -> None:
    """Write docs/propensity.html of a build folder from the model that its inputs name; nothing without one."""
    inputs = json.loads((build / "inputs.json").read_text(encoding="utf-8"))
    files = [str(home / path) for path in inputs["archives"]["propensity_model"]]
    with duckdb.connect() as connection:
        found = connection.execute(QUERY, {"files": files}).fetchone()
    if found:
        path = build / "docs" / "propensity.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found[0], encoding="utf-8")
