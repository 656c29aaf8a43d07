"""What becomes of every row of a night's files: loaded, quarantined under a rule, or declared an exact duplicate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, groupby

import pyarrow as pa
import pyarrow.compute as pc

from expectations import gate
from ingest.conversion import convert
from ingest.entities import Entity
from ingest.reading import UnreadableFileError
from ingest.spec import Extract, Source
from ingest.sql import identifier, query


@dataclass(frozen=True)
class Sorted:
    """One file's rows, sorted out. `loaded`: canonical columns and `_row`."""

    loaded: pa.Table
    rules: dict[int, str]
    """Broken rule by record number."""
    repeats: int
    warnings: dict[str, int]
    """Rows per promise that is reported and lets the row in."""


def type_rows(
    tables: list[pa.Table], extract: Extract, source: Source
) -> list[pa.Table | UnreadableFileError | Exception]:
    """Canonical rows of each text table, or why it cannot have any. Tables of one layout are typed together."""
    done: dict[int, pa.Table | UnreadableFileError | Exception] = {}
    order = sorted(range(len(tables)), key=lambda number: (tables[number].column_names, number))
    for _, group in groupby(order, key=lambda number: tables[number].column_names):
        done |= _type_group(tables, list(group), extract, source)
    return [done[number] for number in range(len(tables))]


def _type_group(
    tables: list[pa.Table], group: list[int], extract: Extract, source: Source
) -> dict[int, pa.Table | UnreadableFileError | Exception]:
    try:
        return dict(zip(group, convert([tables[number] for number in group], extract, source), strict=True))
    except UnreadableFileError as fault:
        return dict.fromkeys(group, fault)
    except Exception as error:
        if len(group) == 1:
            return {group[0]: error}
        # one file of the group breaks the typing: find out which, so that the others are not held up
        alone = [_type_group(tables, [number], extract, source) for number in group]
        return {number: outcome for part in alone for number, outcome in part.items()}


def sort_out(
    typed: list[pa.Table], entity: Entity, identity: str, by_hand: bool = False
) -> tuple[list[Sorted], gate.Judgement]:
    """Judge all rows of a night's files of one entity in one run of its suite; one result per file."""
    if not typed:
        return [], gate.Judgement({}, {}, None)
    numbered = [
        rows.append_column("_table", pa.repeat(pa.scalar(number, pa.int32()), rows.num_rows))
        for number, rows in enumerate(typed)
    ]
    rows = pa.concat_tables(numbered)
    clean = pc.and_(pc.is_null(rows["_rule"]), pc.invert(rows["_is_repeat"])).to_numpy().nonzero()[0]
    judgement = gate.judge(rows.take(pa.array(clean)), entity, identity, by_hand)
    rules = rows["_rule"].to_pylist()
    for position, rule in judgement.rejects.items():
        rules[clean[position]] = rule
    rows = rows.set_column(rows.column_names.index("_rule"), "_rule", pa.array(rules, pa.string()))
    superseded = _superseded(rows, entity.key)
    file_of_row = rows["_table"].to_numpy()
    warnings: dict[int, Counter[str]] = {}
    for rule, positions in judgement.warnings.items():
        for number in file_of_row[clean[positions]]:
            warnings.setdefault(int(number), Counter())[rule] += 1
    for number, note in zip(file_of_row, rows["_note"].to_pylist(), strict=True):
        for rule in note.split(";") if note else ():
            warnings.setdefault(int(number), Counter())[rule] += 1
    starts = accumulate((table.num_rows for table in typed), initial=0)
    files = [
        _sorted(rows.slice(start, table.num_rows), superseded.get(number, ()), warnings.get(number, {}), entity)
        for number, (start, table) in enumerate(zip(starts, typed, strict=False))
    ]
    return files, judgement


def _superseded(rows: pa.Table, key: tuple[str, ...]) -> dict[int, list[int]]:
    """Per file, record numbers that a later row of the same file replaces: same key, other content."""
    names = ", ".join(identifier(name) for name in key)
    found = query(
        f"""
        select _table, _row from judged where _rule is null and not _is_repeat
        qualify row_number() over (partition by _table, {names} order by _row desc) > 1
        """,
        judged=rows.select([*key, "_table", "_row", "_rule", "_is_repeat"]),
    )
    out: dict[int, list[int]] = {}
    for table, row in zip(found["_table"].to_pylist(), found["_row"].to_pylist(), strict=True):
        out.setdefault(table, []).append(row)
    return out


def _sorted(rows: pa.Table, superseded: Iterable[int], warnings: dict[str, int], entity: Entity) -> Sorted:
    repeats = rows["_is_repeat"]
    broken = rows.filter(pc.and_(pc.is_valid(rows["_rule"]), pc.invert(repeats)))
    rules = dict(zip(broken["_row"].to_pylist(), broken["_rule"].to_pylist(), strict=True))
    rules |= dict.fromkeys(superseded, "key:superseded_in_file")
    loaded = rows.filter(pc.and_(pc.is_null(rows["_rule"]), pc.invert(repeats)))
    if superseded:
        loaded = loaded.filter(pc.invert(pc.is_in(loaded["_row"], pa.array(sorted(superseded), pa.int64()))))
    return Sorted(
        loaded.select([*entity.columns, "_row"]), rules, pc.sum(repeats).as_py() or 0, dict(sorted(warnings.items()))
    )
