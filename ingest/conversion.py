"""From text to canonical columns and types: set-based, strict about dates, each distinct cell of a column once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.entities import SQL_TYPES, Column
from ingest.identifiers import vin_check_fails
from ingest.reading import UnreadableFileError, header_key, known_headers
from ingest.spec import ColumnSource, Extract, Source
from ingest.sql import identifier, literal, query
from ingest.values import BLANKS, EXCEL_ERRORS, FAILURES, Value, is_no_phone

ZERO_WIDTH = r"[\x{200b}-\x{200f}\x{2060}\x{feff}]"
MIXERS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))


@dataclass(frozen=True)
class Converted:
    """Canonical rows of a text table, and what was found on the way.

    `rows`: canonical columns and `_row`. `rule`: per row the place in `names` of the first broken conversion, 0 for
    none. `notes`: rule → True for each row that breaks it and is let in. `content`: per row two 64-bit numbers that
    are the same for rows whose cells are the same.
    """

    rows: pa.Table
    rule: np.ndarray
    names: tuple[str, ...]
    notes: dict[str, np.ndarray]
    content: np.ndarray

    def part(self, start: int, end: int) -> Converted:
        """The rows from `start` to before `end`."""
        notes = {name: truth[start:end] for name, truth in self.notes.items() if truth[start:end].any()}
        rows = self.rows.slice(start, end - start)
        return Converted(rows, self.rule[start:end], self.names, notes, self.content[start:end])


class _Cells:
    """A column of text as its distinct cells and where each stands."""

    def __init__(self, column: pa.ChunkedArray | pa.Array) -> None:
        whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        if isinstance(whole, pa.ChunkedArray):  # a table without rows has no chunk
            whole = pa.array([], pa.string())
        encoded = whole.dictionary_encode(null_encoding="encode")
        self.distinct = _tidied(encoded.dictionary)
        self.at = encoded.indices.to_numpy()

    @cached_property
    def is_unique(self) -> bool:
        """True if no cell stands twice; the distinct ones then have the order of the rows."""
        return len(self.distinct) == len(self.at)

    def spread(self, values: pa.ChunkedArray) -> pa.ChunkedArray:
        """What was made of the distinct cells, for every row."""
        return values if self.is_unique else values.take(pa.array(self.at))

    def spread_numpy(self, values: np.ndarray) -> np.ndarray:
        return values if self.is_unique else values[self.at]

    @cached_property
    def rows(self) -> pa.ChunkedArray:
        """The tidied cells of every row, blank as null."""
        blank = pc.if_else(pc.equal(self.distinct, ""), pa.scalar(None, pa.string()), self.distinct)
        return self.spread(pa.chunked_array([blank]))


def _tidied(cells: pa.Array) -> pa.Array:
    """Cells without what stands around them: blanks, zero-width characters, the ="…" that forces Excel to keep text."""
    if pc.any(pc.match_substring_regex(cells, ZERO_WIDTH)).as_py():
        cells = pc.replace_substring_regex(cells, ZERO_WIDTH, "")
    cells = pc.utf8_trim(cells, characters=BLANKS)
    if pc.any(pc.starts_with(cells, '="')).as_py():
        cells = pc.replace_substring_regex(cells, '^="(.*)"$', r"\1")
    return cells


@dataclass(frozen=True)
class Statement:
    """How one canonical column is made: `sql` over `cells(cell VARCHAR)` gives value, rule (place in `rules` from 1,
    0 for none) and a truth per note. `places`: the file's columns it is made from; none for a constant."""

    name: str
    places: tuple[int, ...]
    constant: str | None
    join: str | None
    sql: str
    rules: tuple[str, ...]
    notes: tuple[str, ...]


def convert(table: pa.Table, extract: Extract, source: Source) -> Converted:
    """Canonical rows of a text table. Raises UnreadableFileError if a required column has no header in it."""
    headers = [name for name in table.column_names if name != "_row"]
    made = statements(tuple(headers), extract, source)
    entity, count = extract.canonical(), table.num_rows
    with ThreadPoolExecutor(2) as both:  # DuckDB and Arrow work outside Python's lock
        cells = list(both.map(lambda name: _Cells(table[name]), headers))
        contents = list(both.map(_hashes, cells))
        results = list(both.map(lambda one: _column(one, cells, count), made))
    columns = {name: pa.nulls(count, _arrow_type(column)) for name, column in entity.columns.items()}
    rule, names, notes = np.zeros(count, np.int16), [""], {}
    for one, (values, broken, truths) in zip(made, results, strict=True):
        columns[one.name] = values
        rule = np.where((rule == 0) & (broken > 0), broken + len(names) - 1, rule)
        names += one.rules
        notes |= {name: truth for name, truth in zip(one.notes, truths, strict=True) if truth.any()}
    content = np.zeros((count, 2), np.uint64)
    for hashes in contents:
        for way, mixer in enumerate(MIXERS):
            content[:, way] = (content[:, way] ^ hashes) * mixer + (hashes >> np.uint64(29 + way))
    rows = pa.table({**columns, "_row": table["_row"]})
    return Converted(rows, rule.astype(np.int16), tuple(names), notes, content)


@cache
def _arrow_type(column: Column) -> pa.DataType:
    return query(f"select cast(null as {SQL_TYPES[column.type]}) as value").schema.field("value").type


def _hashes(cells: _Cells) -> np.ndarray:
    found = query("select hash(cell) as value from cells", cells=pa.table({"cell": cells.distinct}))
    return cells.spread_numpy(found["value"].to_numpy())


def _column(one: Statement, cells: list[_Cells], count: int) -> tuple[pa.ChunkedArray, np.ndarray, list[np.ndarray]]:
    """Values, broken rule and notes of one canonical column, for every row."""
    if one.constant is not None:
        given = _Cells(pa.array([one.constant] * count, pa.string()))
    elif len(one.places) == 1:
        given = cells[one.places[0]]
    elif one.join is not None:
        parts = pa.table({f"c{at}": cells[at].rows for at in one.places})
        joined = f"select concat_ws({literal(one.join)}, {', '.join(parts.column_names)}) as cell from parts"
        given = _Cells(query(joined, parts=parts)["cell"])  # Arrow's own join drops rows in which all parts are null
    else:
        given = _Cells(pc.coalesce(*(cells[at].rows for at in one.places)))
    found = query(one.sql, cells=pa.table({"cell": given.distinct}))
    told = [found[name].to_numpy() for name in found.column_names if name.startswith("note ")]
    if len(told) < len(one.notes):
        told.append(vin_check_fails(found["value"]))  # seventeen weights a row: Arrow does that ten times faster
    truths = [given.spread_numpy(truth) for truth in told]
    return given.spread(found["value"]), given.spread_numpy(found["rule"].to_numpy()), truths


def statements(headers: tuple[str, ...], extract: Extract, source: Source) -> list[Statement]:
    """One statement per canonical column that the file can give, in the entity's order.

    Raises UnreadableFileError if a required column has no header.
    """
    places: dict[str, int] = {}
    for place, name in enumerate(headers):
        places.setdefault(header_key(name), place)
    entity = extract.canonical()
    made = {name: _statement(name, column, extract, source, places) for name, column in entity.columns.items()}
    missing = [
        "/".join(extract.columns[name].headers) if name in extract.columns else name
        for name, column in entity.columns.items()
        if column.required and made[name] is None
    ]
    if missing:
        raise UnreadableFileError(
            "file:columns_missing", "、".join(missing), f"{', '.join(missing)}; the spec is {source.path.name}"
        )
    return [one for one in made.values() if one]


def _statement(name: str, column: Column, extract: Extract, source: Source, places: dict[str, int]) -> Statement | None:
    given = extract.columns.get(name) or ColumnSource(**{"from": ("constant",)})
    constant = extract.constants.get(name)
    wanted = [given.year_from] if given.year_from else given.headers
    found = tuple(places[key] for header in wanted if (key := header_key(header)) in places)
    if constant is None and (name not in extract.columns or not found):
        return None
    cell = "nullif(cell, '')"
    if given.year_from:
        cell = f"(try_cast(try_cast({cell} as double) as integer) || {literal('-' + (given.day or ''))})"
    is_key = column.type == "text" and (name in extract.canonical().key or name.endswith("_number"))
    value = Value(name, column, given, is_key)
    failures, notes = _tests(value, extract, source)
    parts = ["*", *(f"{sql} as {part}" for part, sql in value.parts(source))]
    rule = " ".join(f"when {test} then {place}" for place, (test, _) in enumerate(failures, 1))
    told = "".join(f", coalesce({test}, false) as {identifier(f'note {at}')}" for at, (test, _) in enumerate(notes))
    sql = f"""
        with cleaned as (select {cell} as {value.text} from cells),
        plain as (
            select *, {value.text} in ({EXCEL_ERRORS}) as {value.is_error}, {value.plain_sql()} as {value.plain}
            from cleaned
        ),
        parts as (select {", ".join(parts)} from plain),
        typed as (select *, cast({value.typed(source)} as {SQL_TYPES[column.type]}) as {identifier(name)} from parts)
        select {_kept(name, column, extract)} as value,
            cast({f"case {rule} else 0 end" if rule else "0"} as smallint) as rule{told}
        from typed
    """
    if column.type == "vin" and source.identity == "vin":
        notes.append(("", "check_digit"))
    rules, told_rules = (tuple(f"{name}:{rule}" for _, rule in tests) for tests in (failures, notes))
    return Statement(name, found, constant, given.join, sql, rules, told_rules)


def _tests(value: Value, extract: Extract, source: Source) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(test, rule) of what keeps a row out, and of what is told."""
    column, name = value.column, value.name
    failures: list[tuple[str, str]] = []
    notes: list[tuple[str, str]] = []
    (failures if column.required else notes).append((value.is_error, "excel_error"))
    lenient = notes if extract.by_hand and not column.required else failures
    if column.type in FAILURES:
        lenient.append((f"{value.plain} is not null and {identifier(name)} is null", FAILURES[column.type]))
    if column.type == "phone":
        lenient.append((value.is_destroyed(), "destroyed_by_excel"))
        if lenient is notes:
            notes.append((f"{is_no_phone(name)} and not {value.is_destroyed()}", "not_a_phone"))
    elif value.is_key or column.type == "id_number":
        failures.append((value.is_destroyed(), "destroyed_by_excel"))
    return failures, notes + value.doubts(source)


def _kept(name: str, column: Column, extract: Extract) -> str:
    """A phone number that people wrote down wrongly is told and not kept."""
    if column.type == "phone" and extract.by_hand and not column.required:
        return f"case when not coalesce({is_no_phone(name)}, false) then {identifier(name)} end"
    return identifier(name)


def unknown_headers(table: pa.Table, extract: Extract) -> list[str]:
    """Headers of the file that its spec does not name: reported, not refused."""
    known = known_headers(extract)
    return [name for name in table.column_names if name != "_row" and header_key(name) not in known]
