"""The child process that runs dbt: its unit tests, and messages that never carry a value."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbt_project.build import masked
from tests.dbt_project import desk
from tests.dbt_project.small_night import Night, build_night, prepare, write_parquet


@pytest.fixture(scope="module")
def built_night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The desk's night, built by dbt with the models' unit tests."""
    folder = tmp_path_factory.mktemp("built")
    return build_night(folder, desk.AS_OF, desk.entities(), desk.archives(), unit_tests=True)


def test_the_night_builds_and_passes_its_own_tests(built_night: Night) -> None:
    assert built_night.exit_code == 0, built_night.stderr
    assert built_night.stderr == ""
    assert built_night.results["status"] == "success"
    assert {"name", "seconds", "status"} <= set(built_night.results["nodes"][0])


def test_every_unit_test_of_the_models_is_green(built_night: Night) -> None:
    tests = [node for node in built_night.results["nodes"] if node["resource_type"] == "unit_test"]
    assert len(tests) > 100 and {node["status"] for node in tests} == {"pass"}


def test_a_night_of_the_compiled_sql_is_what_dbt_builds(built_night: Night, desk_night: Night) -> None:
    """The other small nights are made without dbt (compiled.py)."""
    tables = """select database_name || '.' || schema_name || '.' || table_name from duckdb_tables()
        where database_name in ('analytics', 'restricted') or schema_name = 'archive' order by all"""
    names = [name for (name,) in built_night.rows(tables)]
    assert names == [name for (name,) in desk_night.rows(tables)] and len(names) > 100
    for name in names:
        types = f"select column_name, column_type from (describe {name})"
        assert built_night.rows(types) == desk_night.rows(types), name
        rows = f"from {name} order by all"
        assert built_night.rows(rows) == desk_night.rows(rows), name


def test_what_the_engine_could_not_convert_is_not_repeated() -> None:
    message = "Conversion Error: Could not convert string '13800001234' of 张三 to DATE in LSVAA4182E2184847"
    assert masked(message) == "Conversion Error: Could not convert string … of … to DATE in …"


def test_what_is_wrong_with_the_sql_stays_readable() -> None:
    message = 'Binder Error: Referenced column "plate" not found\n\tCandidate functions:\n\t+(DATE) -> DATE'
    assert masked(message) == 'Binder Error: Referenced column "plate" not found'


def test_a_model_that_fails_on_a_value_names_itself_and_not_the_value(tmp_path: Path) -> None:
    build, environment = prepare(tmp_path, "2026-11-24")
    home = Path(environment["XUBAO_HOME"])
    columns = {"order_number": "varchar", "vin": "varchar", "opened_at": "varchar", "order_kind": "varchar",
               "store_id": "varchar", "_sha8": "varchar", "_row": "bigint", "_received_on": "date",
               "_extract": "varchar", "_file": "varchar"}  # fmt: skip
    broken = [{"order_number": "R1", "vin": "LSVAA4182E2184847", "opened_at": "13800001234"}]
    write_parquet(home / "raw" / "repair_order" / "_empty.parquet", columns, broken)
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "dbt_project.build", "--build", str(build), "--select", "stg_dms__repair_order"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "stg_dms__repair_order" in done.stderr
    everything = done.stdout + done.stderr + (build / "run_results.json").read_text(encoding="utf-8")
    everything += "".join(p.read_text(encoding="utf-8", errors="ignore") for p in home.rglob("*") if p.is_file()
                          and "raw" not in p.parts)  # fmt: skip
    assert "13800001234" not in everything
