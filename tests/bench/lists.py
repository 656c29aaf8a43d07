"""How long the outbox of a large dealer group takes: `python -m tests.bench.lists [--people 3000] [--rows 45]`.

A published night is made of the small one of tests/exports, its one list copied for so many people with a phone, a
vehicle and ids of their own, fifty to a store and each store with its manager's workbook. Printed: wall and CPU seconds to fill the outbox, and to fill it once more when nothing
has changed. Nothing fails because it is slow; the target is reported.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from exports.outbox import fill_outbox
from ingest.home import home, write_json
from tests.bench.__main__ import Sample, enter, summarized, timed_here
from tests.exports.conftest import ANALYTICS, LABELS, RESTRICTED, ROW, change
from tests.exports.marts import add_declared_to, tables_of

AS_OF = date(2026, 11, 24)
TARGET = 60
"""Seconds for 3,000 people's lists on two cores; reported against, never asserted."""
STORE = 50
"""People of one store; its manager gets everybody's list."""
TITLES = {"first": "outbox filled", "again": "outbox filled again, nothing changed"}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.lists", description="Fill the outbox of a large dealer group.")
    parser.add_argument("--people", type=int, default=3000, help="people who get a list (default: 3000)")
    parser.add_argument("--rows", type=int, default=45, help="rows of each list (default: 45)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each; medians are reported (default: 3)")
    parser.add_argument("--json", type=Path, help="where to write the figures as well")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="xubao-lists-") as scratch:
        enter(Path(scratch).resolve())
        report = measure(options.people, options.rows, options.runs)
    if options.json:
        write_json(options.json.absolute(), report)
    print(table(report))
    return 0


def measure(people: int, rows: int, runs: int) -> dict[str, Any]:
    """Publish the night, fill its outbox anew and once more in each run; return the report."""
    publish(people, rows)
    found: dict[str, list[Sample]] = {name: [] for name in TITLES}
    counts: dict[str, Any] = {}
    for _ in range(runs):
        shutil.rmtree(home() / "outbox", ignore_errors=True)
        for name in TITLES:
            used = os.times()
            found[name].append(timed_here(lambda name=name: counts.update({name: fill_outbox(AS_OF)})))
            now = os.times()
            found[name][-1]["cpu_seconds"] = sum(now[:4]) - sum(used[:4])  # with child processes
    return {"people": people, "rows": rows, "runs": {name: summarized(runs) for name, runs in found.items()}, **counts}


def publish(people: int, rows: int) -> None:
    """A published night with so many lists."""
    folder = home() / "published" / f"{AS_OF}-lists"
    (folder / "extracts").mkdir(parents=True)
    change(folder / "analytics.duckdb", ANALYTICS.format(labels=LABELS))
    add_declared_to(folder / "analytics.duckdb", "marts", tables_of("board") | tables_of("own_page"))
    row = ROW.format(as_of=AS_OF, rows=rows)
    change(folder / "restricted.duckdb", RESTRICTED.format(row=row, as_of=AS_OF, rows=rows, others=1))
    add_declared_to(folder / "restricted.duckdb", "restricted", tables_of("own_page"))
    staff = (f"'S' || lpad(n::varchar, 5, '0') as staff_id, lpad((n // {STORE})::varchar, 3, '0') as store_id "
             f"from range({people}) as t (n)")  # fmt: skip
    change(folder / "restricted.duckdb", f"""
        create table people as select {staff};
        create or replace table restricted.call_list as
        select * replace (
            '20261124-001-' || people.staff_id as list_id, people.staff_id as staff_id, people.store_id as store_id,
            'r' || left(md5(people.staff_id || row_id), 12) as row_id, md5(people.staff_id || row_id) as vehicle_key,
            '139' || lpad((hash(people.staff_id || row_id) % 100000000)::varchar, 8, '0') as phone)
        from restricted.call_list cross join people;
        create or replace table restricted.call_list_recipient as
        select * replace (
            '20261124-001-' || people.staff_id as list_id, people.staff_id as staff_id, people.store_id as store_id)
        from (select * from restricted.call_list_recipient where staff_id = 'S1') cross join people;
        create or replace table restricted.kpi_staff_bonus_monthly as
        select bonus.* replace (people.staff_id as staff_id, people.store_id as store_id)
        from restricted.kpi_staff_bonus_monthly as bonus cross join people;
        create or replace table restricted.list_recipient as
        select * replace ('M' || stores.store_id as staff_id, stores.store_id as store_id)
        from (select * from restricted.list_recipient where staff_id = 'M1')
        cross join (select distinct store_id from people) as stores;
        drop table people;
    """)  # fmt: skip
    for name in ("manifest", "inputs"):
        write_json(folder / f"{name}.json", {"files": []})
    os.symlink(folder.name, folder.parent / "current")


def table(report: dict[str, Any]) -> str:
    """The report as aligned lines."""
    lines = ["", f"{report['people']:,} people with {report['rows']} rows each",
             f"{'seconds':40} {'median':>8} {'min':>8} {'max':>8} {'cpu':>8} {'runs':>5}"]  # fmt: skip
    for name, title in TITLES.items():
        run = report["runs"][name]
        wall = run["seconds"]
        lines.append(f"{title:40} {wall['median']:8.2f} {wall['min']:8.2f} {wall['max']:8.2f} "
                     f"{run['cpu_seconds']['median']:8.2f} {run['count']:5}")  # fmt: skip
    median = report["runs"]["first"]["seconds"]["median"]
    lines.append(
        f"target: {report['people']:,} lists in {TARGET} s, are {median:.1f} s: "
        f"{'met' if median <= TARGET else 'missed'}"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
