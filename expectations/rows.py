"""What becomes of every row: loaded, quarantined under a rule, or declared an exact duplicate."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from expectations import gate
from ingest.conversion import Converted, convert
from ingest.entities import Entity
from ingest.reading import UnreadableFileError
from ingest.spec import Extract, Source
from ingest.sql import identifier, query


@dataclass(frozen=True)
class Judged:
    """Rows of one text table after typing and the gate, aligned arrays with one place per row.

    `rows`: canonical columns and `_row`. `rules`: the broken rule or "". `content`: see Converted. `warnings`: rows
    per rule that is reported and lets the row in.
    """

    rows: pa.Table
    rules: np.ndarray
    content: np.ndarray
    warnings: Counter[str]


def judge_rows(
    tables: list[pa.Table], extract: Extract, source: Source
) -> tuple[list[Judged | UnreadableFileError | Exception], Any]:
    """Each text table's rows, or why it cannot have any, and Great Expectations' result over all of them.

    Tables of one layout are typed together, and the suite of the entity runs once over all.
    """
    converted = _type_rows(tables, extract, source)
    typed = [one for one in converted if isinstance(one, Converted)]
    if not typed:
        return converted, None  # type: ignore[return-value]
    rules = [np.array(one.names, object)[one.rule] for one in typed]
    clean = [np.flatnonzero(one.rule == 0) for one in typed]
    rows = pa.concat_tables([_taken(one.rows, places) for one, places in zip(typed, clean, strict=True)])
    judgement = gate.judge(rows, extract.canonical(), source.identity, extract.by_hand)
    starts = np.array([0, *accumulate(map(len, clean))])
    warnings = [Counter({rule: int(truth.sum()) for rule, truth in one.notes.items()}) for one in typed]
    for position, rule in judgement.rejects.items():
        number = int(np.searchsorted(starts, position, "right")) - 1
        rules[number][clean[number][position - starts[number]]] = rule
    for rule, positions in judgement.warnings.items():
        counts = np.diff(np.searchsorted(np.sort(positions), starts))
        for number in np.flatnonzero(counts):
            warnings[number][rule] += int(counts[number])
    done = iter(
        Judged(one.rows, *found, told)
        for one, *found, told in zip(typed, rules, [one.content for one in typed], warnings, strict=True)
    )
    return [next(done) if isinstance(one, Converted) else one for one in converted], judgement.result


def _taken(rows: pa.Table, places: np.ndarray) -> pa.Table:
    return rows if len(places) == rows.num_rows else rows.take(pa.array(places))


def _type_rows(
    tables: list[pa.Table], extract: Extract, source: Source
) -> list[Converted | UnreadableFileError | Exception]:
    done: dict[int, Converted | UnreadableFileError | Exception] = {}
    order = sorted(range(len(tables)), key=lambda number: (tables[number].column_names, number))
    for _, group in groupby(order, key=lambda number: tables[number].column_names):
        done |= _type_group(tables, list(group), extract, source)
    return [done[number] for number in range(len(tables))]


def _type_group(
    tables: list[pa.Table], group: list[int], extract: Extract, source: Source
) -> dict[int, Converted | UnreadableFileError | Exception]:
    try:
        whole = convert(pa.concat_tables([tables[number] for number in group]), extract, source)
    except UnreadableFileError as fault:
        return dict.fromkeys(group, fault)
    except Exception as error:
        if len(group) == 1:
            return {group[0]: error}
        # one file of the group breaks the typing: find out which, so that the others are not held up
        alone = [_type_group(tables, [number], extract, source) for number in group]
        return {number: outcome for part in alone for number, outcome in part.items()}
    ends = list(accumulate(tables[number].num_rows for number in group))
    return {number: whole.part(end - tables[number].num_rows, end) for number, end in zip(group, ends, strict=True)}


def first_copies(content: np.ndarray) -> np.ndarray:
    """Per row the place of the first row of the same content: its own, unless it is an exact duplicate."""
    first = np.arange(len(content))
    ordered = np.sort(content[:, 0])
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if len(twice):
        places = np.flatnonzero(np.isin(content[:, 0], twice))
        groups = pd.DataFrame(content[places]).groupby([0, 1], sort=False).ngroup().to_numpy()
        first[places] = places[np.unique(groups, return_index=True)[1][groups]]
    return first


def key_hashes(rows: pa.Table, entity: Entity) -> np.ndarray:
    """A 64-bit number per row that is the same for rows of the same key."""
    names = ", ".join(identifier(name) for name in entity.key)
    return query(f"select hash({names}) as value from judged", judged=rows.select(list(entity.key)))["value"].to_numpy()


def superseded(rows: pa.Table, entity: Entity) -> np.ndarray:
    """Record numbers of rows that a later row of the same file replaces: same key, other content.

    `rows`: the key, `_row` and `_first`, the number of the first row of the same content. Where the last row of a key
    repeats an earlier one, that one is in force, and what stands between them is replaced.
    """
    names = ", ".join(identifier(name) for name in entity.key)
    found = query(
        f"""
        with judged as (
            select *, first_value(_first) over (partition by {names} order by _row desc) as last_one from keyed
        )
        select _row from judged where _row = _first and _first != last_one order by _row
        """,
        keyed=rows.select([*entity.key, "_row", "_first"]),
    )
    return found["_row"].to_numpy()
