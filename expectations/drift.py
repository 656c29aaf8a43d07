"""What changed since the files before: columns that went, came or were renamed, and values that are spread otherwise.

All of it is a warning: a file may be right and unusual. What is compared stands in the sidecar: the columns that had a
header, and a profile of the accepted rows (counts, and quartiles of numbers; never a text that somebody wrote).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.batches import Batch
from ingest.conversion import unknown_headers
from ingest.entities import Column, Entity
from ingest.reading import header_key
from ingest.renaming import renamed
from ingest.spec import Extract
from ingest.sql import identifier, literal, query

MIN_ROWS = 50
"""Rows below which a share says nothing: twenty points of fifty rows are ten rows."""
MIN_DAYS, MOST_DAYS = 3, 6
"""Earlier files of the same kind that are needed, and the most that are looked at: a habit older than six weeks is none."""
SHARE_JUMP = Fraction(20, 100)
"""How far a share of blanks or of a code may lie outside the range of the earlier files. Weekdays of a store with two
hundred policies a day differ by up to fifteen points without any cause."""
FACTOR = 3
"""How many times a quartile may be larger or smaller than usual: a change of season stays below two, a change of unit
(yuan and fen, yuan and 万元) is a hundred and more."""
MOST_CODES = 20
"""A column with more different codes has no share worth looking at."""
QUANTILE_ROWS = 1_000_000
"""Rows from which quartiles are taken of every n-th row only: they are as good, and sorting stays cheap."""
QUARTILES = (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))
NUMBERS = ("money", "number", "integer")
MOST_TOLD = 5
"""Columns that a message names."""


def headers_of(table: pa.Table, extract: Extract) -> dict[str, Any]:
    """What a file's header says, for its sidecar: `unknown_headers`, the canonical `columns` that have a header, and
    `renamed`: column without a header → unknown header that is likely it.
    """
    present = {header_key(name) for name in table.column_names}
    columns = [
        name
        for name, source in extract.columns.items()
        if any(header_key(header) in present for header in (*source.headers, source.year_from or ""))
    ]
    unknown = unknown_headers(table, extract)
    missing = [name for name in extract.columns if name not in columns]
    return {"unknown_headers": unknown, "columns": columns, "renamed": renamed(table, unknown, missing, extract)}


def profile(rows: pa.Table | Path, entity: Entity, columns: list[str]) -> dict[str, Any]:
    """Counts of one file's accepted rows: `rows`, `nulls` per column, `codes` per column and code, `quartiles` of
    numbers as text. Empty below MIN_ROWS. `rows`: a table of canonical columns and `_row`, or a Parquet file of them.
    """
    is_table = isinstance(rows, pa.Table)
    source, given = ("accepted", {"accepted": rows}) if is_table else (f"read_parquet({literal(str(rows))})", {})
    count = query(f"select count(*) as n from {source}", **given)["n"][0].as_py()
    if count < MIN_ROWS:
        return {}
    wanted = {name: entity.columns[name] for name in columns}
    every = count // QUANTILE_ROWS + 1
    cells = [f"count(*) - count({identifier(name)}) as {identifier('nulls ' + name)}" for name in wanted]
    for name, column in wanted.items():
        if _is_coded(column):
            cells.append(f"histogram({identifier(name)}::varchar) as {identifier('codes ' + name)}")
        elif column.type in NUMBERS:
            places = [float(quartile) for quartile in QUARTILES]
            cells.append(
                f"quantile_disc({identifier(name)}, {places}) filter (where _row % {every} = 0) "
                f"as {identifier('quartiles ' + name)}"
            )
    found = query(f"select {', '.join(cells)} from {source}", **given).to_pylist()[0] if cells else {}
    codes = {
        name: {_told_as(column, code): n for code, n in dict(found.get(f"codes {name}") or ()).items()}
        for name, column in wanted.items()
    }
    return {
        "rows": count,
        "nulls": {name: found[f"nulls {name}"] for name in wanted},
        "codes": {name: counts for name, counts in codes.items() if 0 < len(counts) <= MOST_CODES},
        "quartiles": {
            name: [str(value) for value in found[f"quartiles {name}"]]
            for name in wanted
            if found.get(f"quartiles {name}")
        },
    }


def _is_coded(column: Column) -> bool:
    return column.type in ("code", "boolean")


def _told_as(column: Column, code: str) -> str:
    """A code as the profile names it: by itself if it is of our list, else by a hash, because anybody may have written it."""
    is_ours = column.type == "boolean" or code in (column.codes or ())
    return code if is_ours else f"#{hashlib.sha256(code.encode()).hexdigest()[:12]}"


def kind_of(batch: Batch) -> str:
    """Files of one kind have names that differ in digits only: daily files are not compared with monthly ones."""
    return re.sub(r"\d", "0", batch.name)


def columns_gone(batch: Batch, extract: Extract, good: list[Batch]) -> tuple[list[str], dict[str, str]]:
    """Headers of columns that one of the last files of the kind had and this one has not; and of those, old header →
    the unknown one that is likely the same. `good`: earlier used files, oldest first.
    """
    if not batch.columns:
        return [], {}
    alike = [one for one in good if one.columns and kind_of(one) == kind_of(batch)][-MIN_DAYS:]
    had = {name for one in alike for name in one.columns}
    gone = [name for name in extract.columns if name in had and name not in batch.columns]
    title = {name: "/".join(extract.columns[name].headers) or name for name in gone}
    return list(title.values()), {title[name]: batch.renamed[name] for name in gone if name in batch.renamed}


def jumps(batch: Batch, extract: Extract, good: list[Batch]) -> Iterator[tuple[str, str]]:
    """(finding in Chinese, in English) per column whose values are spread unlike those of the files before.

    A delta is compared with the same weekday, a snapshot, which changes little from day to day, with the last ones.
    """
    is_snapshot = extract.delivery_mode() == "snapshot"
    before = [
        one.profile
        for one in sorted(good, key=lambda one: (one.business_date, one.received_on))
        if one.profile
        and one.business_date < batch.business_date
        and kind_of(one) == kind_of(batch)
        and (is_snapshot or one.business_date.weekday() == batch.business_date.weekday())
    ][-MOST_DAYS:]
    if not batch.profile or len(before) < MIN_DAYS:
        return
    for name, column in extract.canonical().columns.items():
        past = [one for one in before if name in one["nulls"]]
        if name in batch.profile["nulls"] and len(past) >= MIN_DAYS:
            yield from _jumps_of(name, column, batch.profile, past)


def _jumps_of(name: str, column: Column, now: dict[str, Any], past: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    blank = _share(now["nulls"][name], now["rows"])
    if told := _outside(blank, [_share(one["nulls"][name], one["rows"]) for one in past]):
        yield f"{column.zh}空值 {told}", f"{name} blank {told}"
    if name in now["codes"]:
        codes = sorted({code for one in (now, *past) for code in one["codes"].get(name, {})})
        for code in codes:
            shares = [_share(one["codes"].get(name, {}).get(code, 0), one["rows"]) for one in (now, *past)]
            if told := _outside(shares[0], shares[1:]):
                called = code if column.codes and code in column.codes else ""
                yield f"{column.zh}{called or '某一代码'} {told}", f"{name} {called or 'one code'} {told}"
    for place, quartile in enumerate(QUARTILES):
        usual = sorted(Fraction(one["quartiles"][name][place]) for one in past if name in one["quartiles"])
        if name not in now["quartiles"] or len(usual) < MIN_DAYS or (middle := usual[len(usual) // 2]) <= 0:
            continue
        ratio = Fraction(now["quartiles"][name][place]) / middle
        if not Fraction(1, FACTOR) <= ratio <= FACTOR:
            times = f"{float(ratio):.3g}"
            yield f"{column.zh}的 {quartile} 分位为平时的 {times} 倍", f"{name} quartile {quartile} is {times} x usual"
            return


def _share(count: int, rows: int) -> Fraction:
    return Fraction(count, rows)


def _outside(now: Fraction, past: list[Fraction]) -> str:
    """'usual → now' in percent if a share lies far outside the range of the earlier ones, else ''."""
    if min(past) - SHARE_JUMP <= now <= max(past) + SHARE_JUMP:
        return ""
    usual = sorted(past)[len(past) // 2]
    return f"{float(usual):.0%} → {float(now):.0%}"
