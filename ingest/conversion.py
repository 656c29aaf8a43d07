"""From text to canonical columns and types, as one SQL statement per file: set-based, and strict about dates."""

from __future__ import annotations

from functools import cache
from itertools import accumulate

import duckdb
import pyarrow as pa

from ingest.entities import SQL_TYPES, Column
from ingest.reading import UnreadableFileError, header_key, known_headers
from ingest.spec import ColumnSource, Extract, Source

DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日", "%Y.%m.%d")
TIMESTAMP_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d")
BLANKS = " \t\u3000\u00a0\ufeff"
WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F))
NARROW = "".join(chr(code) for code in range(0x21, 0x7F))
FAILURES = {
    "date": "not_a_date",
    "timestamp": "not_a_timestamp",
    "money": "not_money",
    "number": "not_a_number",
    "integer": "not_an_integer",
    "boolean": "not_a_boolean",
}
"""The rule a value breaks that is there and cannot become its type."""


def literal(value: str) -> str:
    """A string as SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def convert(tables: list[pa.Table], extract: Extract, source: Source) -> list[pa.Table]:
    """Canonical columns of text tables of one layout, each with `_row`, `_rule` (first broken conversion), `_note`, `_is_repeat`.

    Raises UnreadableFileError if a required column has no header in the files.
    """
    entity = extract.canonical()
    names = [name for name in tables[0].column_names if name != "_row"]
    places = {header_key(name): f"t{place}" for place, name in enumerate(names)}
    missing = [
        "/".join(extract.columns[name].headers) if name in extract.columns else name
        for name, column in entity.columns.items()
        if column.required and _text(name, extract, places) == "null"
    ]
    if missing:
        raise UnreadableFileError(
            "file:columns_missing",
            f"缺少必需的列:{'、'.join(missing)}",
            f"required columns are missing: {', '.join(missing)}. If a header was renamed on purpose, add the new one "
            f"under `columns` in {source.path.name}",
        )
    typed, failures, notes = [], [], []
    for name, column in entity.columns.items():
        text = _text(name, extract, places)
        value = _typed(text, column, extract.columns.get(name), source)
        typed.append(f"cast({value} as {SQL_TYPES[column.type]}) as {identifier(name)}")
        if column.type in FAILURES and text != "null":
            rule = literal(f"{name}:{FAILURES[column.type]}")
            kind = notes if extract.by_hand and not column.required else failures
            kind.append(f"when {text} is not null and {identifier(name)} is null then {rule}")
    rule = f"case {' '.join(failures)} end" if failures else "null"
    note = f"case {' '.join(notes)} end" if notes else "null"
    columns = ", ".join(identifier(name) for name in entity.columns)
    sql = f"""
        with typed as (select *, {", ".join(typed)} from received)
        select {columns}, _row, cast({rule} as varchar) as _rule, cast({note} as varchar) as _note,
            row_number() over (partition by _table, {", ".join(places.values())} order by _row) > 1 as _is_repeat
        from typed
        order by _table, _row
    """
    numbered = [
        table.rename_columns([*places.values(), "_row"]).append_column(
            "_table", pa.repeat(pa.scalar(number, pa.int32()), table.num_rows)
        )
        for number, table in enumerate(tables)
    ]
    converted = query(sql, received=pa.concat_tables(numbered))
    starts = [0, *accumulate(table.num_rows for table in tables)]
    return [converted.slice(start, table.num_rows) for start, table in zip(starts, tables, strict=False)]


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """One in-memory DuckDB for a whole process: opening one costs more than converting a day's file."""
    return duckdb.connect()


def query(sql: str, **tables: pa.Table) -> pa.Table:
    """The result of a query over tables in memory, by the names they are given."""
    for name, table in tables.items():
        _engine().register(name, table)
    try:
        return _engine().execute(sql).to_arrow_table()
    finally:
        for name in tables:
            _engine().unregister(name)


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
    present = [f"nullif(trim({p}, {literal(BLANKS)}), '')" for h in source.headers if (p := places.get(header_key(h)))]
    if source.join is not None:
        return f"concat_ws({literal(source.join)}, {', '.join(present)})" if present else "null"
    return f"coalesce({', '.join(present)})" if present else "null"


def _narrow(text: str) -> str:
    """Full-width letters and digits as plain ones."""
    return f"translate({text}, {literal(WIDE)}, {literal(NARROW)})"


def _coded(text: str, codes: dict[str, str]) -> str:
    whens = " ".join(f"when {literal(theirs)} then {literal(ours)}" for theirs, ours in codes.items())
    return f"case {text} {whens} else {text} end"


def _typed(text: str, column: Column, given: ColumnSource | None, source: Source) -> str:
    """SQL for the typed value; null where the text is there but cannot be read."""
    given = given or ColumnSource(**{"from": ("constant",)})
    match column.type:
        case "date":
            return f"try_strptime({_narrow(text)}, {list(given.date or DATE_FORMATS)})"
        case "timestamp":
            return f"try_strptime({_narrow(text)}, {list(given.timestamp or TIMESTAMP_FORMATS)})"
        case "money":
            return _money(text, given)
        case "number":
            plain = f"replace({_narrow(text)}, ',', '')"
            share = f"try_cast(replace({plain}, '%', '') as decimal(18,6))"
            return rf"case when {plain} like '%\%' escape '\' or {given.percent} then {share} / 100 else {share} end"
        case "integer":
            plain = rf"regexp_replace({_narrow(text)}, '\.0+$', '')"
            return rf"case when regexp_full_match({plain}, '-?\d+') then try_cast({plain} as bigint) end"
        case "boolean":
            return (
                f"case when lower({text}) in ('1', '是', 'y', 'yes', 'true', '√', '有') then true "
                f"when lower({text}) in ('0', '否', 'n', 'no', 'false', '无') then false end"
            )
        case "vin" if source.identity == "vin":
            return rf"upper(regexp_replace({_narrow(text)}, '\s', '', 'g'))"
        case "plate":
            return rf"upper(regexp_replace({_narrow(text)}, '[\s·•.-]', '', 'g'))"
        case "phone":
            plain = rf"regexp_replace({_narrow(text)}, '[\s()-]', '', 'g')"
            return rf"regexp_replace({plain}, '^(\+?86|0086)(1\d{{10}})$', '\2')"
        case "codes":
            parts = f"string_split({text}, {literal(given.split or ';')})"
            each = _coded(f"trim(part, {literal(BLANKS)})", given.codes) if given.codes else "trim(part)"
            return f"array_to_string(list_sort(list_distinct(list_transform({parts}, lambda part: {each}))), ';')"
        case "code" if given.codes:
            return _coded(text, given.codes)
    return text


def _money(text: str, given: ColumnSource) -> str:
    """Yuan with two places; thousands, ¥, 元 and parentheses as minus are understood, 1e3 is not."""
    plain = rf"regexp_replace({_narrow(text)}, '[,¥￥元\s]', '', 'g')"
    signed = rf"regexp_replace({plain}, '^\((.*)\)$', '-\1')"
    value = f"try_cast({signed} as decimal(18,2))"
    value = f"{value} / 100" if given.money == "fen" else value
    return rf"case when regexp_full_match({signed}, '[+-]?\d{{1,15}}(\.\d*)?') then {value} end"
