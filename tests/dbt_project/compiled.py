"""The project's SQL as dbt compiled it, once for all tests and workers of a run; a small night takes seconds with it.

dbt needs a quarter of a minute for a night however small it is: it looks at 700 nodes. What it makes of the SQL is
the same (test_build.py holds both against each other).
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

from tests.bench.plain import connected, make

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".pytest_cache" / "compiled"
FILES = ("work", "analytics", "restricted")
RELATION = re.compile(r'"?(\w+)"?\."?(\w+)"?\."?(\w+)"?')


@functools.cache
def compiled() -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """(tables and views in an order in which they can be made, data tests); see tests/bench/plain.py."""
    from tests.dbt_project.small_night import prepare

    folder = KEPT / digest()
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "build" / "tests.json").exists():
            for old in KEPT.glob("*/"):
                shutil.rmtree(old)
            build, environment = prepare(folder, "2026-11-24")
            command = [sys.executable, "-m", "tests.bench.plain", "compile", str(build)]
            subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)
        return tuple(
            json.loads((folder / "build" / f"{name}.json").read_text(encoding="utf-8"))
            for name in ("compiled", "tests")
        )


def digest() -> str:
    """What the compiled SQL depends on."""
    project, own = ROOT / "dbt_project", Path(__file__).with_name("small_night.py")
    found = hashlib.sha256(str(ROOT).encode())
    for path in [*sorted(project.rglob("*")), own, ROOT / "tests" / "bench" / "plain.py", ROOT / "requirements.txt"]:
        if path.suffix in (".sql", ".yml", ".csv", ".py", ".txt"):
            found.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return found.hexdigest()[:16]


def relations(sql: str) -> Iterator[str]:
    """Names of what a statement may read, without quotes."""
    return (".".join(found.groups()) for found in RELATION.finditer(sql))


def chosen(select: str | None, tables: list[dict[str, Any]]) -> set[str]:
    """Relations of a selection: names, `+name` with all that it reads, `name+` with all that reads it; None for all."""
    parents = {made["relation"]: set(relations(made["sql"])) for made in tables}
    if select is None:
        return set(parents)
    named = {relation.rsplit(".", 1)[1]: relation for relation in parents}
    found: set[str] = set()
    for term in select.split():
        wanted = {named[term.strip("+")]}
        if term.endswith("+"):
            for relation, read in parents.items():
                wanted |= {relation} if read & wanted else set()
        if term.startswith("+"):
            for relation in reversed(parents):
                wanted |= parents[relation] & parents.keys() if relation in wanted else set()
        found |= wanted
    return found


def make_night(build: Path, environment: dict[str, str], project: Path | None, select: str | None) -> list[str]:
    """Make the night's three files in its build folder; what its data tests found wrong.

    project: the folder with the dbt_project whose seeds count, if it is another one. Tests run that read nothing else
    than what was selected.
    """
    tables, tests = compiled()
    wanted = chosen(select, tables)
    with mock.patch.dict(os.environ, environment), connected(build) as connection:
        connection.execute("set threads = 1; attach ':memory:' as scratch")
        for name in FILES:
            connection.execute(f"attach '{build / name}.duckdb' as {name}")
        connection.execute("use work")
        for schema in sorted({made["schema"] for made in tables}):
            connection.execute(f"create schema if not exists {schema}")
        for made in tables:
            if made["relation"] in wanted:
                sql = made["sql"].replace(f"{ROOT}/dbt_project", f"{project}/dbt_project") if project else made["sql"]
                make(connection, made | {"sql": sql})
        names = {made["relation"] for made in tables}
        return [
            failure
            for test in tests
            if names.intersection(relations(test["sql"])) <= wanted
            for failure in failures(connection, test)
        ]


def failures(connection: duckdb.DuckDBPyConnection, test: dict[str, str]) -> list[str]:
    """What a data test says: nothing, or its name and the number of rows it found."""
    (count,) = connection.execute(f"select count(*) from ({test['sql']})").fetchone()
    return [f"test {test['name']}: {count} rows"] if count else []
