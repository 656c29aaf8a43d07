"""Whether a file's rows are what its name says they are: of that store, of that time, and not those of another file.

A file that is sent under a wrong name is whole and well-formed; nothing but its rows can show it. What is found is
counted while the rows pass and stands in the sidecar; expectations/verdicts.py decides.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.corrections import fields_of
from ingest.entities import Entity
from ingest.landing import Landed
from ingest.spec import Extract

MARGIN = timedelta(days=7)
"""A file of a month's first days may hold what was signed in the month before, and a late one the other way round."""


class Belonging:
    """Counts of one file's good rows against its name."""

    def __init__(self, name: str, extract: Extract, file: Landed) -> None:
        types = extract.canonical().sql_types()  # days and amounts are written otherwise in names than in cells
        self.scope = {field: value for field, value in file.scope.items() if types.get(field) == "VARCHAR"}
        for field, value in self.scope.items():
            codes = extract.columns[field].codes if field in extract.columns else None
            self.scope[field] = (codes or {}).get(value, value)
        says_when = "business_date" in (fields_of(name, extract, file.name) or {})
        self.moments = moments(extract.canonical()) if says_when and extract.delivery_mode() == "delta" else []
        self.first, self.last = period(file.business_date)
        self._elsewhere: Counter[str] = Counter()
        self._in_period = 0
        self._sums = np.zeros(2, np.uint64)
        self._rows = 0

    def add(self, good: pa.Table, content: np.ndarray) -> None:
        """Take the next good rows, and the content of all rows (see Converted)."""
        for field, value in self.scope.items():
            self._elsewhere[field] += pc.sum(pc.not_equal(good[field], value)).as_py() or 0
        if self.moments:
            inside = [_between(good[name], self.first, self.last) for name in self.moments]
            self._in_period += int(np.logical_or.reduce(inside).sum())
        self._sums += content.sum(axis=0, dtype=np.uint64)
        self._rows += len(content)

    def told(self) -> dict[str, Any]:
        """As it stands in the sidecar: see Batch."""
        return {
            "elsewhere": {field: count for field, count in self._elsewhere.items() if count},
            "in_period": self._in_period if self.moments else None,
            "content": f"{self._rows}-{self._sums[0]:016x}{self._sums[1]:016x}" if self._rows else "",
        }


def moments(entity: Entity) -> list[str]:
    """The columns that say when something happened: one of them brought the row into the file.

    Pairs of `order` often are periods of cover, which lie in the future; they count where nothing else is required. Then
    every moment counts: a claim of last month comes again on the day it is settled. Without a required one there is
    none: the next contact that somebody wrote into a returned list says nothing about the list.
    """
    when = {name: column for name, column in entity.columns.items() if column.type in ("date", "timestamp")}
    paired = {name for pair in entity.order for name in pair}
    required = [name for name, column in when.items() if column.required]
    return [name for name in required if name not in paired] or list(when if required else ())


def period(business_date: date) -> tuple[date, date]:
    """First and last day that rows of a file about this day can be expected to be about."""
    first = business_date.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return first - MARGIN, following + MARGIN


def _between(column: pa.ChunkedArray, first: date, last: date) -> np.ndarray:
    days = column.cast(pa.date32())
    inside = pc.and_(pc.greater_equal(days, pa.scalar(first)), pc.less(days, pa.scalar(last)))
    return pc.fill_null(inside, False).to_numpy(zero_copy_only=False)
