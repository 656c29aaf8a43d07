"""The warehouse of a dealer group: a sample group copied many times under keys of its own, built by dbt.

    python -m tests.bench.scale [--vehicles 12000] [--copies 84] [--home DIR]

Each copy has its own stores, people, vehicles, phones and papers, so every key is new and every join as selective as in
one group; 84 copies of 12,000 vehicles are a million vehicles. Printed: rows of the largest entities, wall and CPU
seconds and the peak memory of the build, and its slowest nodes. Nothing fails because it is slow.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from ingest.home import home, newest_received_on, read_json, write_json
from tests.bench.__main__ import FIRST_NIGHT, enter, grow_sample, median, seconds_inside_dbt, timed_child

PHONE = "regexp_full_match({0}, '1[0-9]{{10}}')"
SHIFTED = "left({0}, 3) || lpad(((right({0}, 8)::bigint + copy * 7654321) % 100000000)::varchar, 8, '0')"
KEYED_ARCHIVES = (
    "assignment",
    "call_list",
    "draw_list",
    "due_universe",
    "message",
    "statement",
    "statement_line",
    "statement_plan",
)
STAFF = ("received_by", "answered_by", "book_owner")
STORES = ("issuing_store_code", "repair_store_code", "store_code")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.scale", description="Build the warehouse of a dealer group.")
    parser.add_argument("--vehicles", type=int, default=12000, help="vehicles of one copy (default: 12000)")
    parser.add_argument("--copies", type=int, default=84, help="copies of the sample group (default: 84)")
    parser.add_argument("--runs", type=int, default=1, help="builds; medians are reported (default: 1)")
    parser.add_argument("--home", type=Path, help="keep the data here and go on from it; default: temporary")
    parser.add_argument("--json", type=Path, help="where to write the figures as well")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="xubao-scale-") as scratch:
        report = measure((options.home or Path(scratch)).resolve(), options.vehicles, options.copies, options.runs)
    if options.json:
        write_json(options.json.absolute(), report)
    print(table(report))
    return 0


def measure(folder: Path, vehicles: int, copies: int, runs: int) -> dict[str, Any]:
    """Let a sample group live one night in `folder`/one, copy it to `folder`/many and build the next morning there."""
    enter(folder / "one")
    if newest_received_on() is None:
        grow_sample(FIRST_NIGHT, vehicles)
        timed_child("tests.bench.steps", str(FIRST_NIGHT))
    from ingest.selection import select

    build, rows = multiplied(select(FIRST_NIGHT + timedelta(days=1)), folder / "many", copies)
    enter(folder / "many")
    samples = []
    for _ in range(runs):
        for left in build.glob("*.duckdb*"):  # a build begins in an empty folder
            left.unlink()
        samples.append(timed_child("dbt_project.build", "--build", str(build)))
    return {
        "vehicles": vehicles * copies,
        "rows": rows,
        "seconds": median(samples),
        "cpu_seconds": median(samples, "cpu_seconds"),
        "peak_gigabytes": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2, 2),
        "inside_dbt": seconds_inside_dbt(read_json(build / "run_results.json"), slowest=25),
    }


def multiplied(build: Path, target: Path, copies: int) -> tuple[Path, dict[str, int]]:
    """A home whose raw and archived files hold every row of the build's inputs `copies` times; its build folder."""
    source, inputs = home(), read_json(build / "inputs.json")
    folder = target / "builds" / "scale"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / "key", target / "key")
    rows: dict[str, int] = {}
    with duckdb.connect() as connection:
        for group in ("entities", "archives"):
            for what, paths in inputs[group].items():
                path = target / group / f"{what}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                files = [str(source / name) for name in paths]
                is_keyed = group == "entities" or what in KEYED_ARCHIVES
                rows[what] = copied(connection, files, path, copies if is_keyed else 1)
                inputs[group][what] = [str(path.relative_to(target))]
    (folder / "inputs.json").write_text(json.dumps(inputs, default=str), encoding="utf-8")
    return folder, rows


def copied(connection: duckdb.DuckDBPyConnection, files: list[str], path: Path, copies: int) -> int:
    """Write every row of the files `copies` times, each copy under its own keys; return how many rows there are."""
    relation = connection.from_parquet(files, union_by_name=True)
    columns = zip(relation.columns, relation.types, strict=True)
    selected = ", ".join(f'{own_key(name)} as "{name}"' if kind == "VARCHAR" else f'"{name}"' for name, kind in columns)
    connection.execute(
        f"copy (select {selected} from read_parquet({files!r}, union_by_name = true), "
        f"(select range as copy from range({copies}))) to '{path}' (format parquet)"
    )
    return connection.execute(f"select count(*) from '{path}'").fetchone()[0]


def own_key(name: str) -> str:
    """SQL of a text column in one copy: keys and phones are the copy's own, everything else stays."""
    column = f'"{name}"'
    if name == "vin":
        return f"left({column}, 3) || lpad(copy::varchar, 3, '0') || substr({column}, 7)"
    if name.endswith(("phone", "caller_number", "callee_number")):
        return f"case when {PHONE.format(column)} then {SHIFTED.format(column)} else {column} end"
    if name.endswith(("_id", "_number")) or name in STAFF or name in STORES:
        return f"case when {column} <> '*' then {column} || '-' || copy else {column} end"
    return column


def table(report: dict[str, Any]) -> str:
    """The report as aligned lines."""
    largest = sorted(report["rows"].items(), key=lambda row: -row[1])[:8]
    lines = [f"{report['vehicles']:,} vehicles: " + ", ".join(f"{name} {rows:,}" for name, rows in largest)]
    lines.append(
        f"dbt build {report['seconds']:.1f} s, {report['cpu_seconds']:.1f} s of CPU, "
        f"{report['peak_gigabytes']:.1f} GB at most"
    )
    lines += [f"  {name:60} {seconds:8.2f} s" for name, seconds in report["inside_dbt"]["slowest"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    os.environ.setdefault("XUBAO_THREADS", "2")
    sys.exit(main())
