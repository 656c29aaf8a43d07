"""The benchmark runs to its end, and its figures have their names."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ingest.home import home, read_json, write_json
from tests.bench import __main__ as bench
from tests.bench import lists, propensity, reading


@pytest.fixture
def own_environment() -> Iterator[None]:
    """The benchmark sets the environment of its nights."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def pretend(module: str, *arguments: str) -> bench.Sample:
    """What a night and a dbt build leave, without their minute: they have tests of their own."""
    if module == "tests.bench.steps":
        for step, seconds in (("receive-picc", 1.0), ("build", 5.0)):
            write_json(home() / "state" / "steps" / arguments[0] / f"{step}.json", {"step": step, "seconds": seconds})
    if module == "dbt_project.build":
        build = Path(arguments[1])
        write_json(
            build / "run_results.json", {"nodes": [{"name": "dim_store", "resource_type": "model", "seconds": 0.5}]}
        )
        with duckdb.connect() as connection:
            connection.execute(f"attach '{build / 'analytics.duckdb'}' as analytics; create schema analytics.marts")
            connection.execute(
                "create table analytics.marts.kpi_renewal_rate_monthly as"
                " select 0 as due_vehicles, 0 as renewed_here, 0 as estimated_vehicles"
            )
    return {"seconds": 6.0, "cpu_seconds": 6.0}


@pytest.mark.slow
def test_the_benchmark_compiles_and_runs_the_projects_sql_and_writes_its_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_environment: None, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "timed_child", pretend)
    figures = tmp_path / "bench.json"
    arguments = ["--vehicles", "300", "--runs", "1", "--without-airflow", "--home", str(tmp_path / "home")]
    assert bench.main([*arguments, "--json", str(figures)]) == 0

    report = json.loads(figures.read_text(encoding="utf-8"))
    assert set(report) == {"machine", "sample", "runs", "steps", "dbt", "ratios", "targets"}
    assert {"night_one_process", "dbt_build", "plain_sql", "baseline", "sample_day"} < set(report["runs"])
    assert set(report["runs"]["plain_sql"]["seconds"]) == {"median", "min", "max"}
    assert report["steps"]["night_one_process"] == {"receive-picc": 1.0, "build": 5.0}
    assert set(report["ratios"]) == {
        "night_one_process/plain_sql", "dbt_build/plain_sql", "night_one_process/baseline",
    }  # fmt: skip
    assert report["sample"]["tables"] > 50  # seeds and models of the project, made without dbt
    assert "whole night" in capsys.readouterr().out


@pytest.mark.parametrize("kind", reading.FILES)
def test_the_benchmark_of_reception_receives_what_it_made(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "figures.json"
    rows = 400 / reading.TARGETS[kind][0]
    assert reading.main([kind, "--scale", str(rows), "--runs", "1", "--json", str(target)]) == 0
    told = read_json(target)[kind]
    assert told["rows"] == 400 and 390 <= told["loaded"] < 400
    assert told["seconds"] > 0 and told["peak_gb"] > 0 and told["expectations"] > 0


def test_the_benchmark_of_lists_writes_everybodys_list(tmp_path: Path, own_environment: None) -> None:
    target = tmp_path / "figures.json"
    assert lists.main(["--people", "3", "--rows", "4", "--runs", "1", "--json", str(target)]) == 0
    told = read_json(target)
    assert told["first"]["recipients"] == 5 and told["first"]["files_written"] == told["again"]["files_unchanged"] == 9
    assert told["runs"]["first"]["seconds"]["median"] > 0


def test_the_benchmark_of_scoring_scores_every_vehicle_it_made(capsys: pytest.CaptureFixture[str]) -> None:
    assert propensity.main(["--vehicles", "500"]) == 0
    assert "scored 500 vehicles" in capsys.readouterr().out
