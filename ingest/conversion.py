"""From text to canonical columns and types, as one SQL statement per layout: set-based, and strict about dates."""

from __future__ import annotations

from itertools import accumulate

import pyarrow as pa
import pyarrow.compute as pc

from ingest.entities import SQL_TYPES, Column
from ingest.reading import UnreadableFileError, header_key, known_headers
from ingest.spec import ColumnSource, Extract, Source
from ingest.sql import identifier, literal, query
from ingest.values import BLANKS, EXCEL_ERRORS, FAILURES, Value, is_no_phone

ZERO_WIDTH = r"[\x{200b}-\x{200f}\x{2060}\x{feff}]"


def convert(tables: list[pa.Table], extract: Extract, source: Source) -> list[pa.Table]:
    """Canonical columns of text tables of one layout, each with `_row`, `_rule` (first broken conversion), `_note`
    (rules that were broken and let the row in, joined by ;) and `_is_repeat`.

    Raises UnreadableFileError if a required column has no header in the files.
    """
    names = [name for name in tables[0].column_names if name != "_row"]
    numbered = [
        _tidied(table)
        .rename_columns([*(f"t{place}" for place in range(len(names))), "_row"])
        .append_column("_table", pa.repeat(pa.scalar(number, pa.int32()), table.num_rows))
        for number, table in enumerate(tables)
    ]
    converted = query(statement(names, extract, source), received=pa.concat_tables(numbered))
    starts = [0, *accumulate(table.num_rows for table in tables)]
    return [converted.slice(start, table.num_rows) for start, table in zip(starts, tables, strict=False)]


def _tidied(table: pa.Table) -> pa.Table:
    """Cells without what stands around them: blanks, zero-width characters, the ="…" that forces Excel to keep text."""
    columns = []
    for name in table.column_names:
        cells = table[name]
        if name != "_row" and len(cells):
            if pc.any(pc.match_substring_regex(cells, ZERO_WIDTH)).as_py():
                cells = pc.replace_substring_regex(cells, ZERO_WIDTH, "")
            cells = pc.utf8_trim(cells, characters=BLANKS)
            if pc.any(pc.starts_with(cells, '="')).as_py():
                cells = pc.replace_substring_regex(cells, '^="(.*)"$', r"\1")
        columns.append(cells)
    return pa.table(columns, names=table.column_names)


def statement(headers: list[str], extract: Extract, source: Source) -> str:
    """The SQL that turns `received` (columns t0, t1 … as VARCHAR, `_row`, `_table`) into canonical rows.

    Raises UnreadableFileError if a required column has no header.
    """
    entity = extract.canonical()
    places: dict[str, str] = {}
    for place, name in enumerate(headers):
        places.setdefault(header_key(name), f"t{place}")
    missing = [
        "/".join(extract.columns[name].headers) if name in extract.columns else name
        for name, column in entity.columns.items()
        if column.required and _text(name, extract, places) == "null"
    ]
    if missing:
        raise UnreadableFileError(
            "file:columns_missing",
            "、".join(missing),
            f"{', '.join(missing)}; the spec is {source.path.name}",
        )
    cleaned, plain, parts, typed, failures, notes = [], [], [], [], [], []
    for name, column in entity.columns.items():
        text = _text(name, extract, places)
        if text == "null":
            typed.append(f"cast(null as {SQL_TYPES[column.type]}) as {identifier(name)}")
            continue
        is_key = column.type == "text" and (name in entity.key or name.endswith("_number"))
        value = Value(name, column, extract.columns.get(name) or ColumnSource(**{"from": ("constant",)}), is_key)
        cleaned.append(f"{text} as {value.text}")
        plain.append(f"{value.text} in ({EXCEL_ERRORS}) as {value.is_error}, {value.plain_sql()} as {value.plain}")
        parts += [f"{sql} as {part}" for part, sql in value.parts(source)]
        typed.append(f"cast({value.typed(source)} as {SQL_TYPES[column.type]}) as {identifier(name)}")
        (failures if column.required else notes).append((value.is_error, f"{name}:excel_error"))
        lenient = notes if extract.by_hand and not column.required else failures
        if column.type in FAILURES:
            unread = f"{value.plain} is not null and {identifier(name)} is null"
            lenient.append((unread, f"{name}:{FAILURES[column.type]}"))
        if column.type == "phone":
            lenient.append((value.is_destroyed(), f"{name}:destroyed_by_excel"))
            if lenient is notes:
                notes.append((f"{is_no_phone(name)} and not {value.is_destroyed()}", f"{name}:not_a_phone"))
        elif is_key or column.type == "id_number":
            failures.append((value.is_destroyed(), f"{name}:destroyed_by_excel"))
        notes += [(test, f"{name}:{rule}") for test, rule in value.doubts(source)]
    rule = f"case {' '.join(f'when {t} then {literal(r)}' for t, r in failures)} end" if failures else "null"
    note = f"concat_ws(';', {', '.join(f'case when {t} then {literal(r)} end' for t, r in notes)})" if notes else "null"
    columns = ", ".join(_kept(name, column, extract) for name, column in entity.columns.items())
    everything = ", ".join(f"t{place}" for place in range(len(headers))) or "_row"
    return f"""
        with cleaned as (select {", ".join(["*", *cleaned])} from received),
        plain as (select {", ".join(["*", *plain])} from cleaned),
        parts as (select {", ".join(["*", *parts])} from plain),
        typed as (select {", ".join(["*", *typed])} from parts)
        select {columns}, _row, cast({rule} as varchar) as _rule, cast(nullif({note}, '') as varchar) as _note,
            row_number() over (partition by _table, {everything} order by _row) > 1 as _is_repeat
        from typed
        order by _table, _row
    """


def _kept(name: str, column: Column, extract: Extract) -> str:
    """A phone number that people wrote down wrongly is told and not kept."""
    if column.type == "phone" and extract.by_hand and not column.required:
        return f"case when not coalesce({is_no_phone(name)}, false) then {identifier(name)} end as {identifier(name)}"
    return identifier(name)


def unknown_headers(table: pa.Table, extract: Extract) -> list[str]:
    """Headers of the file that its spec does not name: reported, not refused."""
    known = known_headers(extract)
    return [name for name in table.column_names if name != "_row" and header_key(name) not in known]


def _text(name: str, extract: Extract, places: dict[str, str]) -> str:
    """SQL for the text of a canonical column: trimmed, blank as null; 'null' if the file does not have it."""
    if name in extract.constants:
        return literal(extract.constants[name])
    source = extract.columns.get(name)
    if source is None:
        return "null"
    if source.year_from:
        place = places.get(header_key(source.year_from))
        year = f"try_cast(try_cast({place} as double) as integer)"
        return f"({year} || {literal('-' + (source.day or ''))})" if place else "null"
    present = [f"nullif({place}, '')" for header in source.headers if (place := places.get(header_key(header)))]
    if source.join is not None:
        return f"nullif(concat_ws({literal(source.join)}, {', '.join(present)}), '')" if present else "null"
    return f"coalesce({', '.join(present)})" if present else "null"
