"""The last gate before publishing: is the finished build whole, consistent, and free of personal data?"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from exports.privacy import personal_values, scan_analytics
from exports.shelf import open_read_only, published_before
from ingest.home import log, read_json, write_json

ROW_CHANGE_LIMIT = float(os.environ.get("XUBAO_AUDIT_ROW_CHANGE", "0.20"))  # against the last published night
FEW_ROWS = 50  # below it a change in percent says nothing; only losing every row counts
KEY_TABLES = ("dim_store", "dim_vehicle", "fct_due_vehicle", "fct_renewal_bridge", "kpi_renewal_rate_monthly")
DATABASES = ("analytics.duckdb", "restricted.duckdb")


class AuditFailedError(RuntimeError):
    """The build must not be published."""


def audit(build: Path) -> dict[str, Any]:
    """Check a finished build folder; write audit.json into it; return {'ok', 'checks': [{name, ok, detail}]}.

    Raises AuditFailedError when a check fails; what was published last stays in force.
    """
    as_of = date.fromisoformat(read_json(build / "inputs.json")["as_of"])
    questions: list[tuple[str, Callable[[], tuple[bool, str]]]] = [
        ("files_open_read_only", lambda: _files_open(build)),
        ("dbt_tests_passed", lambda: _dbt_passed(build)),
        ("bridge_residual_is_zero", lambda: _bridge_closes(build)),
        ("row_counts_near_last_night", lambda: _rows_are_near(build, as_of)),
        ("suppressed_vehicles_are_not_listed", lambda: _suppressed_stay_out(build)),
        ("no_personal_data_in_analytics", lambda: _no_personal_data(build)),
    ]
    checks = []
    for name, question in questions:
        ok, detail = _asked(question)
        checks.append({"name": name, "ok": ok, "detail": detail})
    result = {"ok": all(check["ok"] for check in checks), "checks": checks}
    write_json(build / "audit.json", result, mode=0o600)
    if not result["ok"]:
        failed = "\n".join(f"  {check['name']}: {check['detail']}" for check in checks if not check["ok"])
        raise AuditFailedError(
            f"The night of {as_of} is not published: its build {build.name} did not pass the audit.\n{failed}\n"
            f"The night published before stays in force; nothing was sent. Look into {build}, mend the cause and "
            f"run the night again: `make nightly DATE={as_of}`. If a jump in rows is meant (a new store), run once "
            "with XUBAO_AUDIT_ROW_CHANGE=1. Ask whoever changed dbt_project/ or the seeds last."
        )
    log("audit", f"{len(checks)} checks passed for build {build.name}")
    return result


def _asked(question: Callable[[], tuple[bool, str]]) -> tuple[bool, str]:
    """The answer; a question that cannot be asked counts as failed, without quoting what the database said."""
    try:
        return question()
    except (duckdb.Error, OSError, KeyError, ValueError) as error:
        return False, f"could not be checked ({type(error).__name__})"


def _files_open(build: Path) -> tuple[bool, str]:
    counts = []
    for name, schema in zip(DATABASES, ("marts", "restricted"), strict=True):
        if (build / f"{name}.wal").exists():
            return False, f"{name} was not closed properly (a .wal file lies beside it)"
        with open_read_only(build / name) as connection:
            tables = connection.execute(
                "select count(*) from duckdb_tables() where schema_name = ? and not internal", [schema]
            ).fetchone()[0]
            views = connection.execute("select count(*) from duckdb_views() where not internal").fetchone()[0]
        if not tables or views:
            return (
                False,
                f"{name}: {tables} tables in schema {schema}, {views} views (tables only are promised)",
            )
        counts.append(f"{name}: {tables} tables")
    return True, ", ".join(counts)


def _dbt_passed(build: Path) -> tuple[bool, str]:
    nodes = read_json(build / "run_results.json")["nodes"]
    bad = sorted(node["name"] for node in nodes if node["status"] not in ("pass", "success", "warn", "no-op"))
    if not nodes or bad:
        return False, f"{len(bad)} of {len(nodes)} did not pass: {', '.join(bad[:5])}"
    warned = sum(node["status"] == "warn" for node in nodes)
    return True, f"{len(nodes)} models, seeds and tests, {warned} warnings about what sources sent"


def _bridge_closes(build: Path) -> tuple[bool, str]:
    with open_read_only(build / "analytics.duckdb") as connection:
        columns = [row[0] for row in connection.execute("describe marts.fct_renewal_bridge").fetchall()]
        residual = next(column for column in columns if column.startswith("residual"))
        rows, broken = connection.execute(
            f"select count(*), count(*) filter (where {residual} is distinct from 0) from marts.fct_renewal_bridge"
        ).fetchone()
    return broken == 0, f"{rows} store-months, {broken} with a residual"


def _rows_are_near(build: Path, as_of: date) -> tuple[bool, str]:
    last = published_before(as_of)
    if last is None:
        return True, "no earlier night is published"
    before = read_json(last / "manifest.json")["rows"]
    now = table_rows(build / "analytics.duckdb")
    far = []
    for table in KEY_TABLES:
        if old := before.get(table):
            new = now.get(table, 0)
            if new == 0 or (old >= FEW_ROWS and abs(new / old - 1) > ROW_CHANGE_LIMIT):
                far.append(f"{table} {old} -> {new} ({new / old - 1:+.0%})")
    return not far, "; ".join(far) or f"within {ROW_CHANGE_LIMIT:.0%} of {last.name}"


def _suppressed_stay_out(build: Path) -> tuple[bool, str]:
    """The compliance gate once more (DOMAIN §6): no vehicle that is suppressed stands on a list."""
    with open_read_only(build / "analytics.duckdb") as connection:
        keys = [
            {row[0] for row in connection.execute(f"describe marts.{table}").fetchall()}
            & {"store_id", "vehicle_key", "expiry_month", "as_of"}
            for table in ("fct_call_list", "fct_suppressed_vehicle")
        ]
        using = ", ".join(sorted(keys[0] & keys[1]))
        both = connection.execute(
            f"select count(*) from marts.fct_call_list semi join marts.fct_suppressed_vehicle using ({using})"
        ).fetchone()[0]
    return both == 0, f"{both} rows of the lists are suppressed vehicles"


def _no_personal_data(build: Path) -> tuple[bool, str]:
    values = personal_values(build)
    findings = scan_analytics(build / "analytics.duckdb", values)
    known = sum(len(found) for found in values.values())
    detail = "; ".join(str(finding) for finding in findings[:8])
    return not findings, detail or f"none of {known} known values, nothing that looks like one"


def table_rows(file: Path) -> dict[str, int]:
    """Rows of every table in schema marts of a DuckDB file."""
    with open_read_only(file) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts' order by 1"
        ).fetchall()
        return {table: connection.execute(f'select count(*) from marts."{table}"').fetchone()[0] for (table,) in tables}
