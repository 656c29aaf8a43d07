"""Watermarks: up to where a table or an interface has been fetched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

OVERLAP = timedelta(days=1)
"""How far behind the highest watermark is read again, for rows that were committed late."""
DATED = re.compile(r"\d{4}-\d\d-\d\d")
WHOLE = re.compile(r"-?\d{1,18}")


def highest_mark(marks: Iterable[str | None], until: str | None = None) -> str | None:
    """The highest watermark: whole numbers by their value, days and moments below `until`, other text as text.

    A date in the future would block everything that comes after it.
    """
    present = [mark for mark in marks if mark]
    if present and all(WHOLE.fullmatch(mark) for mark in present):
        return max(present, key=int)
    return max((mark for mark in present if until is None or mark < until or not DATED.match(mark)), default=None)


def highest_in(texts: pa.Array, until: str) -> str | None:
    """highest_mark of a whole column."""
    present = texts.drop_null().filter(pc.not_equal(texts.drop_null(), ""))
    if len(present) and pc.all(pc.match_substring_regex(present, f"^{WHOLE.pattern}$")).as_py():
        return str(pc.max(present.cast(pa.int64())).as_py())
    counts = pc.or_(pc.less(present, until), pc.invert(pc.match_substring_regex(present, f"^{DATED.pattern}")))
    return pc.max(present.filter(counts)).as_py()


def a_day_before(mark: str | None) -> str | None:
    """Where reading starts again; a watermark that is no date (a number) is not moved."""
    try:
        return str(date.fromisoformat((mark or "")[:10]) - OVERLAP)
    except ValueError:
        return mark
