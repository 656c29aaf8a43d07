"""Who owns the book that a due vehicle is on, and who worked where on a day (DOMAIN §4)."""

from __future__ import annotations

import hashlib
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from tests.recomputed.universe import Due, Universe


class Book:
    """Book owners as assigned at the freeze, and staff by day."""

    def __init__(self, universe: Universe) -> None:
        self.universe = universe

    @cached_property
    def staff(self) -> pd.DataFrame:
        return self.universe.inputs.entity("staff")

    @cached_property
    def _periods(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        return {key: rows.to_dict("records") for key, rows in self.staff.groupby(["store_id", "role"])}

    def active(self, store: str, role: str, on: date) -> list[str]:
        """Staff ids of a role in a store on a day, in order."""
        rows = self._periods.get((store, role), [])
        return sorted({row["staff_id"] for row in rows if row["valid_from"] <= on <= (row["valid_to"] or date.max)})

    def spells(self, staff: str, store: str, role: str) -> list[tuple[date, date]]:
        """First and last days on which somebody held a role in a store."""
        rows = self._periods.get((store, role), [])
        return [(row["valid_from"], row["valid_to"] or date.max) for row in rows if row["staff_id"] == staff]

    @cached_property
    def _assigned(self) -> dict[tuple[str, str, date], str | None]:
        rows = self.universe.inputs.archive("assignment").to_dict("records")
        books = [row for row in rows if row["duty"] != "calls"]
        return {(row["store_id"], row["vin"], row["expiry_month"]): row["staff_id"] for row in books}

    def owner(self, due: Due) -> str | None:
        """The archived assignment, else a specialist of the freeze day by the VIN's hash (decision 8)."""
        if kept := self._assigned.get((due.store_id, due.vin, due.expiry_month)):
            return kept
        people = self.active(due.store_id, "renewal_specialist", self.universe.ref_on(due))
        number = int.from_bytes(hashlib.md5(due.vin.encode()).digest()[8:], "little")
        return people[number % len(people)] if people else None
