"""What a night was given: raw Parquet in force, archives and the seeds' CSV, as plain pandas; nothing of dbt is asked.

Values are Python's own (date, Timestamp, Decimal, str, bool, int) and None, so that no sum is one of floats.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import yaml

PROJECT = Path(__file__).resolve().parents[2]
SEEDS = PROJECT / "dbt_project" / "seeds"
FOREVER = date(9999, 12, 31)
EVENT = {
    "policy": "signed_on", "vehicle_sale": "sold_on", "ownership_change": "recorded_on", "repair_order": "opened_at",
    "concession": "given_on", "gift_issue": "issued_on", "customer_known_policy": "reported_on", "quote": "quoted_at",
    "manager_decision": "decided_at",
}  # fmt: skip
"""What makes a row known: only what happened before as_of counts (DOMAIN, head)."""


@dataclass(frozen=True)
class Inputs:
    """The inputs of one night: `published` is its folder, `home` where the files lie."""

    home: Path
    published: Path

    @cached_property
    def files(self) -> dict[str, Any]:
        return json.loads((self.published / "inputs.json").read_text(encoding="utf-8"))

    @cached_property
    def as_of(self) -> date:
        return date.fromisoformat(self.files["as_of"])

    def entity(self, name: str) -> pd.DataFrame:
        """Rows of an entity known before as_of, the newest per key (DESIGN §4, decision 10)."""
        declared = yaml.safe_load((PROJECT / "ingest" / "entities" / f"{name}.yaml").read_text(encoding="utf-8"))
        rows = self._read(self.files["entities"][name])
        rows["_corrects"] = [".更正-" in (file or "") for file in rows["_file"]]
        order = ["_received_on", "_business_date", "_corrects", "_sha8", "_row"]
        rows = rows.sort_values(order, kind="stable").drop_duplicates(declared["key"], keep="last")
        if column := EVENT.get(name):
            rows = where(rows, [day(value) < self.as_of for value in rows[column]])
        return rows.reset_index(drop=True)

    def archive(self, what: str) -> pd.DataFrame:
        return self._read(self.files["archives"][what])

    def _read(self, paths: list[str]) -> pd.DataFrame:
        rows = [row for path in paths for row in pq.read_table(self.home / path).to_pylist()]
        columns = pq.read_schema(self.home / paths[0]).names
        return pd.DataFrame({name: pd.Series([row.get(name) for row in rows], dtype=object) for name in columns})

    @cache  # noqa: B019
    def seed(self, name: str) -> list[dict[str, str | None]]:
        """Rows of a seed as text; an empty field is None."""
        (path,) = SEEDS.rglob(f"{name}.csv")
        with path.open(encoding="utf-8", newline="") as file:
            return [{key: value or None for key, value in row.items()} for row in csv.DictReader(file)]

    @cache  # noqa: B019  (one object per night and test run)
    def valid(self, name: str, key: str, store: str, on: date) -> dict[Any, dict[str, str | None]]:
        """Rows of a seed by `key` that hold for a store on a day; a store's own row beats '*' (L99)."""
        found: dict[Any, dict[str, str | None]] = {}
        for row in sorted(self.seed(name), key=lambda row: row["store_id"] != "*"):
            first, last = row["effective_from"], row["effective_to"] or str(FOREVER)
            if row["store_id"] in ("*", store) and first <= str(on) <= last:
                found[row[key]] = row
        return found

    @cache  # noqa: B019
    def number(self, seed: str, parameter: str, store: str, on: date) -> int:
        """A whole number of a parameter seed."""
        return int(Decimal(self.valid(seed, "parameter", store, on)[parameter]["value"]))


def where(rows: pd.DataFrame, flags: list[bool]) -> pd.DataFrame:
    """The rows whose flag is true; also of a frame without rows."""
    return rows.loc[pd.Series(flags, index=rows.index, dtype=bool)]


def day(value: Any) -> date:
    """The calendar day of a date or a timestamp."""
    return value.date() if hasattr(value, "date") else value


def month(value: date) -> date:
    return value.replace(day=1)


def add_months(first: date, months: int) -> date:
    """First day of the month so many months later."""
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def months_before(value: date, months: int) -> date:
    """The same day so many months earlier, the month's last day if there is none."""
    first = add_months(month(value), -months)
    return min(first + timedelta(days=value.day - 1), add_months(first, 1) - timedelta(days=1))


def last_day(first: date) -> date:
    return add_months(first, 1) - timedelta(days=1)


def anniversary(starts_on: date, years: int) -> date:
    """The day so many years later; 29 February falls on 1 March where there is none, so that cover ends 28 February."""
    try:
        return starts_on.replace(year=starts_on.year + years)
    except ValueError:
        return date(starts_on.year + years, 3, 1)
