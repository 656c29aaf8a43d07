"""A small night for tests: raw Parquet from dicts, one dbt build in a folder of its own, and what came out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import yaml

from ingest.telling import TOLD
from tests.dbt_project.compiled import make_night

ROOT = Path(__file__).resolve().parents[2]
KEY = bytes(range(32))
TYPES = {
    "date": "date",
    "timestamp": "timestamp",
    "money": "decimal(18,2)",
    "number": "decimal(18,6)",
    "integer": "bigint",
    "boolean": "boolean",
}
LINEAGE = {
    "_source": "varchar",
    "_extract": "varchar",
    "_file": "varchar",
    "_sha8": "varchar",
    "_row": "bigint",
    "_received_on": "date",
    "_business_date": "date",
}
ARCHIVE_LINEAGE = {"_as_of": "date", "_revision": "bigint"}
ARCHIVES = {
    "due_universe": "store_id text, vin text, expiry_month date, expires_on date, expiry_is_estimated boolean,"
    " segment text, trade_type text, book_owner text, target_rate number, hold_out text,"
    " frozen_on date, is_late_entry boolean,"
    " propensity_rate number, propensity_basis text, propensity_rank integer, ranked_vehicles integer,"
    " ceiling_step integer, ceiling_rate number, ceiling_authority text, outcome text, status text, source_record text",
    "draw_list": "store_id text, campaign text, vin text, lottery_number text, last_day_on date, signed_on date,"
    " entry_status text, seed_hash text",
    "assignment": "store_id text, vin text, expiry_month date, duty text, staff_id text, role text, assigned_on date",
    "call_list": "list_id text, row_id text, as_of date, list_for_on date, store_id text, staff_id text, role text,"
    " vin text, vehicle_key text, expiry_month date, step text, phone text, sequence_number integer, is_listed boolean",
    "message": "list_for_on date, store_id text, vin text, expiry_month date, phone text, consent_number text",
    "night": "as_of date, build_id text, status text, reasons text, notices text",
    "statement": "store_id text, staff_id text, role text, month date, paid_month date, kind text,"
    " renewable_vehicles integer, renewed_vehicles integer, full_cover_vehicles integer, full_coverage_rate number,"
    " attainment_rate number, tier_a integer, tier_b integer, coefficient_a number, coefficient_b number,"
    " base_amount money, bonus_target_multiplier number, amount money, plan_id text, reason text, closed_on date",
    "statement_line": "store_id text, staff_id text, staff_name text, role text, month date, paid_month date,"
    " line_number integer, vin text, plate_tail text, policy_number text, expires_on date, signed_on date,"
    " is_renewable boolean, is_counted boolean, is_full_cover boolean, reason text, plan_id text, closed_on date",
    "statement_plan": "store_id text, month date, plan_id text, base_amount money, bonus_target_multiplier number,"
    " renewable_segments text, book_roles text, store_roles text, close_working_day integer, metric text, tier integer,"
    " lower_percent number, lower_inclusive boolean, upper_percent number, upper_inclusive boolean,"
    " coefficient_lower number, coefficient_upper number, interpolation text",
    "export": "as_of date, channel text, recipient text, file_name text, sha256 text, records integer, purpose text,"
    " delivered_at timestamp",
    "propensity_model": "part text, feature text, position integer, word text, lower number, points number",
    "propensity_training": "as_of date, training_decision text, learn_from_month date, calibrate_from_month date,"
    " hold_out_from_month date, hold_out_to_month date, learn_vehicles integer, calibrate_vehicles integer,"
    " hold_out_vehicles integer, hold_out_renewed integer, auc number, brier number, log_loss number,"
    " segment_rate_auc number, segment_rate_brier number, logistic_auc number, logistic_brier number,"
    " before_as_of date, before_auc number, before_brier number",
}

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Night:
    """What one build left: its folder and a read-only connection with work, analytics and restricted attached."""

    folder: Path
    exit_code: int
    stderr: str
    results: dict[str, Any]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query over work.*, analytics.* and restricted.* (three-part names)."""
        return self._connection.execute(sql).fetchall()

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(config={"threads": 1})
        for name in ("work", "analytics", "restricted"):
            connection.execute(f"attach '{self.folder / name}.duckdb' as {name} (read_only)")
        return connection


def entity_columns(entity: str) -> dict[str, str]:
    """Column name → DuckDB type of a canonical entity's raw Parquet, lineage last."""
    declared = yaml.safe_load((ROOT / "ingest" / "entities" / f"{entity}.yaml").read_text(encoding="utf-8"))
    columns = {name: TYPES.get(column["type"], "varchar") for name, column in declared["columns"].items()}
    return columns | LINEAGE


def archive_columns(what: str) -> dict[str, str]:
    """Column name → DuckDB type of an archive or of what select() says about the batches."""
    if what in TOLD:
        return {name: kind.lower() for name, kind in TOLD[what].items()}
    columns = dict(pair.split() for pair in ARCHIVES[what].split(", "))
    return {name: TYPES.get(kind, "varchar") for name, kind in columns.items()} | ARCHIVE_LINEAGE


def write_parquet(path: Path, columns: dict[str, str], rows: Rows) -> None:
    """Rows of dicts (missing columns are NULL, unknown ones an error) as one Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"create table t ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
        for number, row in enumerate(rows, start=1):
            full = {"_row": number, "_sha8": "00000000", "_source": "test"} | row
            full = {name: value for name, value in full.items() if name in columns or not name.startswith("_")}
            names = ", ".join(full)
            marks = ", ".join("?" for _ in full)
            connection.execute(f"insert into t ({names}) values ({marks})", list(full.values()))
        connection.execute(f"copy t to '{path}' (format parquet)")


def prepare(
    folder: Path, as_of: str, entities: dict[str, Rows] | None = None, archives: dict[str, Rows] | None = None
) -> tuple[Path, dict[str, str]]:
    """A home and a build folder with inputs.json; returns the build folder and the environment of its process."""
    home = folder / "home"
    inputs: dict[str, Any] = {"as_of": as_of, "entities": {}, "archives": {}, "sources": []}
    received = {"_received_on": as_of, "_business_date": date.fromordinal(date.fromisoformat(as_of).toordinal() - 1)}
    for path in sorted((ROOT / "ingest" / "entities").glob("*.yaml")):
        entity, columns = path.stem, entity_columns(path.stem)
        write_parquet(home / "raw" / entity / "_empty.parquet", columns, [])
        inputs["entities"][entity] = [f"raw/{entity}/_empty.parquet"]
        if rows := (entities or {}).get(entity):
            write_parquet(home / "raw" / entity / "given.parquet", columns, [received | row for row in rows])
            inputs["entities"][entity].append(f"raw/{entity}/given.parquet")
    for what in (*ARCHIVES, *TOLD):
        columns = archive_columns(what)
        write_parquet(home / "archive" / "_empty" / f"{what}.parquet", columns, [])
        inputs["archives"][what] = [f"archive/_empty/{what}.parquet"]
        if rows := (archives or {}).get(what):
            rows = [{"_revision": 1} | row for row in rows] if what in ARCHIVES else rows
            write_parquet(home / "archive" / what / "given.parquet", columns, rows)
            inputs["archives"][what].append(f"archive/{what}/given.parquet")
    build = folder / "build"
    build.mkdir(parents=True, exist_ok=True)
    (build / "inputs.json").write_text(json.dumps(inputs), encoding="utf-8")
    key_file = home / "pseudonym.key"
    key_file.write_bytes(KEY)
    environment = {
        **os.environ,
        "XUBAO_HOME": str(home),
        "XUBAO_KEY_FILE": str(key_file),
        "PYTHONPATH": str(ROOT),
        "XUBAO_INTERMEDIATE": "work",
    }
    return build, environment


def run_night(
    folder: Path,
    as_of: str,
    entities: dict[str, Rows] | None = None,
    archives: dict[str, Rows] | None = None,
    project: Path | None = None,
    select: str | None = None,
) -> Night:
    """Make one night in `folder` of the compiled SQL. `project` is another copy of dbt_project's parent (for changed
    seeds); exit_code is 1 if a data test failed, and stderr names it."""
    build, environment = prepare(folder, as_of, entities, archives)
    wrong = make_night(build, environment, project, select)
    return Night(folder=build, exit_code=int(bool(wrong)), stderr="\n".join(wrong), results={})


def build_night(
    folder: Path,
    as_of: str,
    entities: dict[str, Rows] | None = None,
    archives: dict[str, Rows] | None = None,
    unit_tests: bool = False,
) -> Night:
    """Let dbt build one night in `folder`, in a process of its own."""
    build, environment = prepare(folder, as_of, entities, archives)
    command = [sys.executable, "-m", "dbt_project.build", "--build", str(build)]
    command += ["--unit-tests"] if unit_tests else []
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    results_path = build / "run_results.json"
    results = json.loads(results_path.read_text(encoding="utf-8")) if results_path.exists() else {}
    return Night(folder=build, exit_code=done.returncode, stderr=done.stderr, results=results)


def project_copy(folder: Path) -> Path:
    """A copy of dbt_project in a folder of its own, for tests that change a seed; returns what goes on PYTHONPATH."""
    shutil.copytree(ROOT / "dbt_project", folder / "dbt_project", ignore=shutil.ignore_patterns("__pycache__"))
    return folder
