"""The same SQL without dbt: each part runs in a fresh process of its own, as a night's build does.

    python -m tests.bench.plain compile BUILD    let dbt compile its models and tests; write BUILD/compiled.json, tests.json
    python -m tests.bench.plain run BUILD        plain DuckDB makes the same tables of the same inputs in BUILD/plain/
    python -m tests.bench.plain baseline BUILD   the core chain by hand (baseline.sql), over the same raw Parquet

BUILD is a build folder that select() made and, for `compile`, in which dbt has built. `run` and `baseline` print
JSON: seconds inside DuckDB (files opened to files closed) and what was counted.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from dbt_project.plugin import session_variables
from ingest.home import PROJECT, home

DBT_PROJECT = PROJECT / "dbt_project"
BASELINE = Path(__file__).with_name("baseline.sql")
DATABASES = ("work", "analytics", "restricted")
ESCAPED = re.compile(r'"((?:\\"\w+\\"\.?)+)"')
"""The name of a relation as dbt writes it into a Python model."""
TOTALS = """
select
    coalesce(sum(due_vehicles), 0)::bigint,
    coalesce(sum(renewed_here), 0)::bigint,
    coalesce(sum(estimated_vehicles), 0)::bigint
from analytics.marts.kpi_renewal_rate_monthly
"""


class Stopwatch:
    """Wall and CPU seconds of this process since it was made."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, float]:
        return {"seconds": time.perf_counter() - self.wall, "cpu_seconds": time.process_time() - self.cpu}


def compile_models(build: Path) -> None:
    """Write compiled.json: one {relation, schema, kind, columns, sql} per seed and model, in an order in which they can
    be made; and tests.json: one {name, sql} per data test whose failure stops a night."""
    from dbt.cli.main import dbtRunner

    os.chdir(build)  # the profile's paths are relative to the build folder
    outcome = dbtRunner().invoke([
        "--log-level", "none", "--log-level-file", "none", "--no-write-json", "--no-print", "--no-version-check",
        "--no-use-colors", "--no-send-anonymous-usage-stats", "--log-path", str(home() / "logs"),
        "compile", "--select", "resource_type:model", "resource_type:seed", "resource_type:test",
        "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
        "--target-path", str(home() / "state" / "dbt"),
    ])  # fmt: skip
    if not outcome.success:
        raise SystemExit(f"dbt could not compile its models: {outcome.exception or 'see the failed nodes'}")
    compiled = [result.node for result in outcome.result.results]
    nodes = {node.unique_id: node for node in compiled if str(node.resource_type) != "test"}
    order = TopologicalSorter({name: set(node.depends_on_nodes) & set(nodes) for name, node in nodes.items()})
    statements = [statement(nodes[name]) for name in order.static_order()]
    tests = [
        {"name": node.name, "sql": node.compiled_code}
        for node in compiled
        if str(node.resource_type) == "test" and node.config.severity.lower() == "error"
    ]
    for name, made in (("compiled", statements), ("tests", tests)):
        (build / f"{name}.json").write_text(json.dumps(made, ensure_ascii=False, indent=1), encoding="utf-8")


def statement(node: Any) -> dict[str, Any]:
    """What makes one seed or model: a seed is its CSV with the declared types, a model its compiled SQL and, if it has
    a contract, the columns of that."""
    columns = None
    if str(node.resource_type) == "seed":
        sql = f"from read_csv('{DBT_PROJECT / node.original_file_path}', header = true"
        types = ", ".join(f"'{column}': '{kind}'" for column, kind in node.config.column_types.items())
        sql += f", types = {{{types}}})" if types else ")"
        kind = "table"
    else:
        sql = node.compiled_code
        kind = "view" if node.config.materialized == "view" else "table"
        if str(node.language) == "python":
            kind, sql = "python", ESCAPED.sub(lambda found: "'" + found[1].replace('\\"', '"') + "'", sql)
        elif node.config.contract.enforced:
            columns = {name: column.data_type for name, column in node.columns.items()}
    schema = f"{node.database}.{node.schema}"
    return {"relation": f"{schema}.{node.alias}", "schema": schema, "kind": kind, "columns": columns, "sql": sql}


def making(made: dict[str, Any]) -> str:
    """The SQL that makes one table or view, as dbt would."""
    if made["columns"] is None:
        return f"create {made['kind']} {made['relation']} as {made['sql']}"
    declared = ", ".join(f"{name} {kind}" for name, kind in made["columns"].items())
    filled = f"insert into {made['relation']} select {', '.join(made['columns'])} from ({made['sql']})"
    return f"create table {made['relation']} ({declared}); {filled}"


def make(connection: duckdb.DuckDBPyConnection, made: dict[str, Any]) -> None:
    """Make one table or view; a Python model runs as dbt compiled it."""
    if made["kind"] != "python":
        connection.execute(making(made))
        return
    names: dict[str, Any] = {}
    exec(made["sql"], names)
    given = names["dbtObj"](lambda name: connection.query(f"from {name}"))
    connection.register("made", names["model"](given, connection))
    connection.execute(f"create or replace table {made['relation']} as from made")
    connection.unregister("made")


def run_models(build: Path) -> dict[str, Any]:
    """Make every table that dbt makes, without dbt and without tests, in three new files like its own."""
    folder = build / "plain"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    statements = json.loads((build / "compiled.json").read_text(encoding="utf-8"))
    stopwatch = Stopwatch()
    with connected(build) as connection:
        connection.execute("attach ':memory:' as scratch")
        for database in DATABASES:
            connection.execute(f"attach '{folder / database}.duckdb' as {database}")
        connection.execute("use work")
        for schema in sorted({made["schema"] for made in statements}):
            connection.execute(f"create schema if not exists {schema}")
        for made in statements:
            make(connection, made)
        totals = connection.execute(TOTALS).fetchone()
        for database in DATABASES:
            connection.execute(f"checkpoint {database}")
    return {**stopwatch.read(), "tables": len(statements), "totals": totals}


def run_baseline(build: Path) -> dict[str, Any]:
    """Run baseline.sql; its counts per store and month are summed up."""
    stopwatch = Stopwatch()
    with connected(build) as connection:
        rows = connection.execute(BASELINE.read_text(encoding="utf-8")).fetchall()
    totals = [sum(row[-2] for row in rows), sum(row[-1] for row in rows)]
    return {**stopwatch.read(), "rows": len(rows), "totals": totals}


def connected(build: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB with the threads and the session variables of the night."""
    connection = duckdb.connect(config={"threads": int(os.environ.get("XUBAO_THREADS") or 2)})
    for name, sql, value in session_variables(build):
        connection.execute(f"set variable {name} = {sql}", [value])
    return connection


def kpi_totals(build: Path) -> tuple[int, int, int]:
    """Due, renewed here and estimated vehicles as dbt built them in BUILD."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{build / 'analytics.duckdb'}' as analytics (read_only)")
        return connection.execute(TOTALS).fetchone()


if __name__ == "__main__":
    part, build = sys.argv[1], Path(sys.argv[2]).resolve()
    if part == "compile":
        compile_models(build)
    else:
        print(json.dumps({"run": run_models, "baseline": run_baseline}[part](build)))
