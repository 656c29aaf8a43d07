"""What the values of a column look like: the SQL that types them says which types they could be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import pyarrow as pa

from ingest import identifiers
from ingest.entities import SQL_TYPES, Column, ColumnType
from ingest.spec import ColumnSource, Owner, Source
from ingest.sql import identifier, literal, query
from ingest.values import BLANKS, EXCEL_ERRORS, TIMESTAMP_FORMATS, Value

SHAPES = ("vin", "plate", "phone", "id_number", "date", "timestamp")
"""Types whose values have a look of their own, so that a column of text that shows it is another column."""
ID_NUMBER = r"^(\d{17}[\dXx]|\d{15}|[0-9A-Z]{18})$"
OTHER_DATES = ("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d-%b-%Y", "%y%m%d", "%y-%m-%d", "%Y-%m", "%b %d, %Y")
"""Formats that no column is read with unless its spec says so."""
FORMATS = (*TIMESTAMP_FORMATS, *OTHER_DATES)
NOBODY = Source(
    name="draft", title="-", connection="-", owner=Owner(name="-", contact="-"), extracts={}, path="-", content_hash="-"
)


@dataclass(frozen=True)
class Looks:
    """One column's sample: how many values it has, how many different ones, the share that each type can read."""

    filled: int
    distinct: int
    fits: dict[str, float]
    formats: tuple[str, ...] = ()
    """Date formats that read every value, the usual ones first."""

    def share(self, kind: str) -> float:
        """Share of the values that a type can read, 0 to 1; a little less than 1 if there are none."""
        return self.fits.get(kind, 1.0) if self.filled else 0.9


def column_looks(table: pa.Table) -> list[Looks]:
    """The looks of every column of a table of text, in order."""
    if not table.num_columns:
        return []
    places = pa.array([place for place in range(table.num_columns) for _ in range(table.num_rows)], pa.int32())
    chunks = [chunk for column in table.columns for chunk in column.cast(pa.string()).chunks]
    cells = pa.chunked_array(chunks, pa.string()).combine_chunks()
    counted = query(_statement(), sample=pa.table({"place": places, "given": cells})).to_pylist()
    by_place = {counts.pop("place"): counts for counts in counted}
    out = []
    for place in range(table.num_columns):
        counts = by_place.get(place, {})
        filled, distinct = counts.get("filled", 0), counts.get("distinct values", 0)
        formats = tuple(form for form in FORMATS if filled and counts[form] == filled)
        shares = {kind: counts[kind] / filled for kind in get_args(ColumnType) if filled}
        if formats:
            shares |= {"date": 1.0, "timestamp": 1.0}
        out.append(Looks(filled, distinct, shares, formats))
    return out


def _statement() -> str:
    """Counts of what could be read of each column, one count per type; all columns at once, planning is what costs."""
    values = {kind: Value(kind, Column(type=kind, zh="", meaning=""), ColumnSource(**{"from": ("-",)}), False)
              for kind in get_args(ColumnType)}  # fmt: skip
    plain = [f"{v.text} in ({EXCEL_ERRORS}) as {v.is_error}, {v.plain_sql()} as {v.plain}" for v in values.values()]
    parts = [f"{sql} as {part}" for v in values.values() for sql, part in ((s, p) for p, s in v.parts(NOBODY))]
    typed = [f"cast({v.typed(NOBODY)} as {SQL_TYPES[kind]}) as {identifier(kind)}" for kind, v in values.items()]
    checks = {
        "vin": identifiers.VIN, "plate": identifiers.PLATE, "phone": identifiers.PHONE, "id_number": ID_NUMBER,
    }  # fmt: skip
    counted = [
        f"count(*) filter (where regexp_matches({identifier(kind)}, {literal(checks[kind])})) as {identifier(kind)}"
        if kind in checks
        else f"count({identifier(kind)}) as {identifier(kind)}"
        for kind in values
    ]
    counted += [f"count(try_strptime(cell, {literal(form)})) as {identifier(form)}" for form in FORMATS]
    texts = ", ".join(f"cell as {v.text}" for v in values.values())
    return f"""
        with cleaned as (
            select place, trim(given, {literal(BLANKS)}) as cell from sample where trim(given, {literal(BLANKS)}) <> ''
        ),
        texts as (select place, cell, {texts} from cleaned),
        plain as (select *, {", ".join(plain)} from texts),
        parts as (select *, {", ".join(parts)} from plain),
        typed as (select place, cell, {", ".join(typed)} from parts)
        select place, count(*) as filled, count(distinct cell) as "distinct values", {", ".join(counted)}
        from typed group by place
    """


def values_of(table: pa.Table, name: str) -> list[str]:
    """A column's values, trimmed, without blanks. Never to be printed unless they are codes."""
    return [text for cell in table[name].to_pylist() if (text := (cell or "").strip(BLANKS))]


def a_year_apart(table: pa.Table, first: str, last: str) -> float:
    """Share of rows whose last day of cover has the date of the first one a year later: it is a first moment without."""
    days = []
    for name, header in (("first", first), ("last", last)):
        value = Value(name, Column(type="date", zh="", meaning=""), ColumnSource(**{"from": (header,)}), False)
        cell = f"trim({identifier(header)}, {literal(BLANKS)})"
        [(part, sql)] = value.parts(NOBODY)
        days.append((f"{cell} as {value.plain}", f"{sql} as {part}", part))
    (plain1, day1, part1), (plain2, day2, part2) = days
    found = query(
        f"""
        with plain as (select {plain1}, {plain2} from sample), days as (select {day1}, {day2} from plain)
        select count(*) filter (where {part1} + interval 1 year = {part2}) as apart, count(*) as days from days
        where {part1} is not null and {part2} is not null
        """,
        sample=table.select([first, last]),
    ).to_pylist()[0]
    return found["apart"] / found["days"] if found["days"] else 0.0


def numbers_of(table: pa.Table, header: str) -> list[float]:
    """The values of a column that are plain numbers, for its unit."""
    out = []
    for text in values_of(table, header):
        try:
            out.append(float(text.replace(",", "").strip("¥￥元%")))
        except ValueError:
            continue
    return out
