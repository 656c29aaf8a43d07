"""What a person reads at the end of `make nightly`."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from exports.proof import proof_of
from exports.rejected import rejected_files
from exports.shelf import open_read_only, published_of
from exports.wording import load_night, records
from ingest.home import home, read_json

MOST_LINES = 60
MOST_SOURCES, MOST_OWNERS = 14, 8
"""Lines that sources, and owners of rejected rows, may take of them."""
WORDS = {
    "healthy": "healthy",
    "degraded": "DEGRADED (published with what is in force)",
    "not_published": "NOT PUBLISHED",
}


def summary_text(as_of: date) -> str:
    """At most 60 aligned lines: status, sources, rejected rows, renewal rates, calls per person, files, seconds per step."""
    verdict = read_json(home() / "state" / "verdict" / f"{as_of}.json")
    lines = [f"Xubao 续保 · night of {as_of} · {WORDS[verdict['status']]}"]
    lines += [f"  - {_cut(reason, 300)}" for reason in verdict["reasons"][:6]]
    if len(verdict["reasons"]) > 6:
        lines.append(f"  - and {len(verdict['reasons']) - 6} more, see the manifest")
    lines += [f"  · {notice}" for notice in verdict["notices"]]
    if verdict["status"] != "not_published":
        folder = published_of(as_of)
        lines += ["", *_sources(folder, as_of), *_rejected(folder), "", *_rates(folder, as_of), _propensity(folder)]
        rest = ["", *_files(folder, as_of), "", *_steps(as_of)]
        lines += ["", *_calls(folder, as_of, MOST_LINES - len(lines) - len(rest) - 1), *rest]
    else:
        lines += ["", *_steps(as_of)]
    return "\n".join(line.rstrip() for line in lines[:MOST_LINES]) + "\n"


def _sources(folder: Path, as_of: date) -> list[str]:
    with open_read_only(folder / "analytics.duckdb") as connection:
        rows = records(connection, """
            select s.source, s.extract, s.status, s.age_days, coalesce(b.files, 0) as files,
                coalesce(b.received, 0) as received, coalesce(b.loaded, 0) as loaded,
                coalesce(b.quarantined, 0) as quarantined, coalesce(b.declared, 0) as declared
            from marts.kpi_source_status as s
            left join (
                select source, extract, count(*) as files, sum(records_read)::bigint as received,
                    sum(loaded)::bigint as loaded, sum(quarantined)::bigint as quarantined,
                    sum(declared)::bigint as declared
                from marts.fct_batch where received_on = $1 group by all
            ) as b using (source, extract)
            order by s.source, s.extract
        """, [as_of])  # fmt: skip
    table = []
    for source, extracts in groupby(rows, key=lambda row: row["source"]):
        mine = list(extracts)
        fresh = [row for row in mine if row["status"] == "fresh"]
        table += [_source_line(source, "fresh", fresh)] if fresh else []
        table += [_source_line(f"{source}/{row['extract']}", row["status"], [row]) for row in mine if row not in fresh]
    shown = table if len(table) <= MOST_SOURCES else table[: MOST_SOURCES - 1]
    more = [f"  and {len(table) - len(shown)} more, see kpi_source_status"] if len(table) > len(shown) else []
    return ["Sources, received this night", *aligned(
        ("source", "status", "kinds", "files", "rows", "loaded", "quarantined", "declared", "age"), shown, "<<>>>>>>>"
    ), *more]  # fmt: skip


def _source_line(name: str, status: str, rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """Sums over some kinds of files or tables of a source; the age is that of the oldest."""
    ages = [row["age_days"] for row in rows if row["age_days"] is not None]
    counts = [sum(row[name] for row in rows) for name in ("files", "received", "loaded", "quarantined", "declared")]
    return (name, status, f"{len(rows)}", *(f"{count:,}" for count in counts), f"{max(ages)} d" if ages else "–")


def _rejected(folder: Path) -> list[str]:
    """How many rejected rows go back to whom."""
    went: dict[tuple[str, str], list[int]] = {}
    for given in rejected_files(folder):
        went.setdefault((f"source_{given['source']}", given["owner"]), []).append(given["rows"])
    table = [(*who, f"{len(rows):,}", f"{sum(rows):,}") for who, rows in sorted(went.items())]
    heads = ("recipient", "owner", "files", "rows")
    shown = table if len(table) <= MOST_OWNERS else table[: MOST_OWNERS - 1]
    more = [f"  and {len(table) - len(shown)} more owners"] if len(table) > len(shown) else []
    return ["", "Rejected rows that go back", *aligned(heads, shown, "<<>>"), *more] if table else []


def _rates(folder: Path, as_of: date) -> list[str]:
    """Renewed of due vehicles per segment: newest matured month and the current one, never mixed (DOMAIN §2)."""
    with open_read_only(folder / "analytics.duckdb") as connection:
        rows = records(connection, """
            with months as (
                select max(expiry_month) filter (where is_matured) as matured, date_trunc('month', $1::date)::date as now
                from marts.kpi_renewal_rate_monthly
            )
            select segment, months.matured, months.now,
                sum(due_vehicles) filter (where expiry_month = months.matured)::bigint as due_matured,
                sum(renewed_here) filter (where expiry_month = months.matured)::bigint as renewed_matured,
                sum(due_vehicles) filter (where expiry_month = months.now)::bigint as due_now,
                sum(renewed_here) filter (where expiry_month = months.now)::bigint as renewed_now
            from marts.kpi_renewal_rate_monthly, months
            where expiry_month in (months.matured, months.now)
            group by all
            order by segment
        """, [as_of])  # fmt: skip
        segments = records(connection, "select * from marts.dim_segment order by all")
    if not rows:
        return ["Renewal: no due vehicles"]
    order = {row["segment"]: row.get("priority", number) for number, row in enumerate(segments)}
    night = load_night(folder, as_of)
    rows.sort(key=lambda row: (order.get(row["segment"], 99), row["segment"]))
    table = [
        (night.say(f"segment.{row['segment']}").removeprefix("segment."),
         _share(row["renewed_matured"], row["due_matured"]), _share(row["renewed_now"], row["due_now"]))
        for row in rows
    ]  # fmt: skip
    total = [sum(row[name] or 0 for row in rows) for name in
             ("renewed_matured", "due_matured", "renewed_now", "due_now")]  # fmt: skip
    table.append(("all", _share(*total[:2]), _share(*total[2:])))
    matured = rows[0]["matured"]
    heads = (
        "segment",
        f"{matured:%Y-%m} (matured)" if matured else "no matured month",
        f"{rows[0]['now']:%Y-%m} (open)",
    )
    return ["Renewed here / due vehicles", *aligned(heads, table, "<>>")]


def _propensity(folder: Path) -> str:
    """By what the likelihood to renew is judged tonight, and why not by a model if it is not."""
    with open_read_only(folder / "analytics.duckdb") as connection:
        found = records(connection, """
            select basis.*, training.auc, training.brier, training.segment_rate_brier
            from marts.fct_propensity_basis as basis
            left join marts.fct_propensity_training as training on basis.model_as_of = training.as_of
        """)[0]  # fmt: skip
    if found["status"] == "model":
        return (f"Propensity: model of {found['model_as_of']}, AUC {found['auc']:.3f}, Brier {found['brier']:.4f} "
                f"(segment's rate of last year {found['segment_rate_brier']:.4f})")  # fmt: skip
    why = "no model yet, see train_propensity"
    if found["status"] == "too_little_data":
        why = (f"too little data: {found['renewed_vehicles']:,} of {found['vehicles']:,} matured vehicles renewed; "
               f"{found['least_vehicles']:,} are needed, {found['least_each']:,} of each kind")  # fmt: skip
    return f"Propensity: the segment's rate of last year ({why})"


def _share(renewed: int | None, due: int | None) -> str:
    return f"{renewed or 0:,} / {due:,} = {100 * (renewed or 0) / due:5.1f} %" if due else "–"


def _calls(folder: Path, as_of: date, room: int) -> list[str]:
    with open_read_only(folder / "restricted.duckdb") as connection:
        people = records(
            connection, "select * from restricted.call_list_recipient order by store_id, staff_id, list_id"
        )
    table = [
        (person["store_name"], person["staff_name"], person["staff_id"], f"{person['rows']:,}") for person in people
    ]
    total = sum(person["rows"] for person in people)
    shown = table if len(table) + 2 <= room else table[: max(0, room - 3)]
    lines = [
        f"Calls for {people[0]['list_for_on'] if people else as_of}: {total:,} for {len(people)} people{_proof(as_of)}"
    ]
    lines += aligned(("store", "person", "id", "calls"), shown, "<<<>") if shown else []
    return lines + ([f"  and {len(table) - len(shown)} more people"] if len(shown) < len(table) else [])


def _proof(as_of: date) -> str:
    figures = proof_of(as_of)
    if figures is None:
        return ""
    return (f" · {figures['numbers_on_lists']:,} numbers, {figures['suppressed_numbers']:,} numbers and "
            f"{figures['suppressed_vehicles']:,} vehicles suppressed, overlap {figures['overlap']:,}")  # fmt: skip


def _files(folder: Path, as_of: date) -> list[str]:
    manifest = read_json(folder / "manifest.json")
    outbox = home() / "outbox" / str(as_of)
    lists = sum(len(read_json(file)["files"]) for file in outbox.glob("*/manifest.json"))
    receipts = (home() / "state" / "delivery").glob(f"*/{as_of}/*/*.receipt.json")
    delivered = Counter(path.parents[2].name for path in receipts)
    table = [
        ("published", f"{len(manifest['files'])} files", str(folder)),
        ("KPI extracts", f"{sum(f['path'].startswith('extracts/') for f in manifest['files'])} files",
         str(folder / "extracts")),
        ("outbox", f"{lists} files", str(outbox)),
        ("delivered", f"{delivered.total()} files", " · ".join(f"{way} {count}" for way, count in sorted(delivered.items()))),
    ]  # fmt: skip
    return ["Files", *aligned((), table, "<><")]


def _steps(as_of: date) -> list[str]:
    folder = home() / "state" / "steps" / str(as_of)
    steps = [(step["step"], float(step["seconds"])) for step in map(read_json, sorted(folder.glob("*.json")))]
    if not steps:
        return ["Seconds per step: not measured"]
    steps.sort(key=lambda step: (-step[1], step[0]))
    parts = [f"{step} {seconds:.1f}" for step, seconds in steps if seconds >= 0.05][:12]
    return [f"Seconds per step: {' · '.join(parts)} · together {sum(seconds for _, seconds in steps):.1f}"]


def aligned(heads: Sequence[str], rows: Sequence[Sequence[Any]], sides: str) -> list[str]:
    """Lines of a table in columns that line up in a terminal, where a Chinese character is two wide."""
    table = [tuple(str(cell) for cell in row) for row in ([heads] if heads else []) + list(rows)]
    widths = [max(display_width(row[position]) for row in table) for position in range(len(sides))]
    return ["  " + "  ".join(_padded(*cell) for cell in zip(row, widths, sides, strict=True)) for row in table]


def display_width(text: str) -> int:
    """Columns a text takes in a terminal."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _padded(text: str, width: int, side: str) -> str:
    space = " " * (width - display_width(text))
    return text + space if side == "<" else space + text


def _cut(text: str, width: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"
