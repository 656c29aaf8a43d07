"""No customer's personal data leaves by a side door: not by the warehouse, logs, Airflow's database or Data Docs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.end_to_end.conftest import environment, night, prepare, run_steps

ROOT = Path(__file__).resolve().parents[2]
PHONE, VIN = "13912345678", "LSVZZ2187C2999999"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A quiet night, then one through Airflow with values in wrong columns and a source that breaks in mid-read."""
    home = tmp_path_factory.mktemp("privacy") / "home"
    with environment(home):
        prepare(home, night(0), vehicles=300)
        _, status = run_steps(night(0))
        assert status == "healthy"
        prepare(home, night(1))
        outbox = home / "sample" / "outbox"
        good = "1203052026112400000001,,,商业险,续保,001,LSVAA2187C2000001,陕A12345,张三丰,13800138000"
        bad = [
            f"{good},{PHONE},2026-12-01,2027-11-30,1000.00,0,0.1,车辆损失险,0,",
            f"{good.replace('0001,,', '0002,,')},2026-11-24,2026-12-01,2027-11-30,{VIN},0,0.1,车辆损失险,0,",
        ]
        path = next((outbox / "picc").glob("保单清单_20261124.csv"))
        head, *rest = path.read_bytes().decode("gb18030").split("\r\n")
        path.write_bytes("\r\n".join([head, *bad, *rest]).encode("gb18030"))
        dms = outbox / "dms" / "dms.sqlite"
        dms.write_bytes(dms.read_bytes()[: dms.stat().st_size * 6 // 10])
        finished = subprocess.run(
            [sys.executable, "-m", "dags", "--as-of", str(night(1))],
            cwd=ROOT, env={**os.environ, "AIRFLOW_HOME": str(home / "airflow")}, capture_output=True, text=True,
        )  # fmt: skip
        (home / "logs" / "screen.log").write_text(finished.stdout + finished.stderr, encoding="utf-8")
        assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-3000:]
        yield home


@pytest.fixture(scope="module")
def values(home: Path) -> dict[str, frozenset[str]]:
    truth = home / "sample" / "truth" / "people_values.parquet"
    found: dict[str, set[str]] = {"phone": {PHONE}, "vin": {VIN}, "name": {"张三丰"}}
    for kind, value in duckdb.sql(f"select kind, upper(value) from '{truth}'").fetchall():
        found.setdefault({"customer_name": "name"}.get(kind, kind), set()).add(value)
    assert all(len(found[kind]) > 100 for kind in ("phone", "plate", "vin", "id_number", "name"))
    return {kind: frozenset(some) for kind, some in found.items()}


def test_a_night_through_airflow_goes_on_without_the_broken_source_and_says_so(home: Path) -> None:
    screen = (home / "logs" / "screen.log").read_text(encoding="utf-8")
    assert "DEGRADED" in screen and "dms/" in screen and "集团信息部" in screen
    assert (home / "published" / "current").resolve().name.startswith(str(night(1)))


def test_the_misplaced_values_are_held_with_their_rules(home: Path) -> None:
    rows = duckdb.sql(f"select _rule from '{home}/quarantine/policy/picc/{night(1)}/*.parquet'").fetchall()
    assert {"signed_on:not_a_date", "premium_amount:not_money"} <= {rule for (rule,) in rows}


def test_no_personal_value_is_where_it_does_not_belong(home: Path, values: dict[str, frozenset[str]]) -> None:
    from exports.privacy import scan_tree

    current = (home / "published" / "current").resolve()
    places = [
        current / "analytics.duckdb", current / "parquet", current / "extracts", current / "docs",
        current / "manifest.json", current / "inputs.json", home / "logs", home / "airflow", home / "state",
    ]  # fmt: skip
    for place in places:
        assert place.exists(), place
    assert [str(finding) for finding in scan_tree(places, values)] == []
    assert list((current / "docs" / "data_docs").rglob("*.html")), "there are no Data Docs"
    assert (current / "docs" / "dbt" / "index.html").exists() and (current / "docs" / "metrics.html").exists()


def test_the_scanner_would_have_found_them(home: Path, values: dict[str, frozenset[str]]) -> None:
    from exports.privacy import scan_tree

    current = (home / "published" / "current").resolve()
    kinds = {finding.kind for finding in scan_tree([current / "restricted.duckdb"], values)}
    assert kinds >= {"phone", "plate"}
