"""The bundle for Superset: the same bytes each time, and nothing in it that the marts do not have."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import duckdb
import pydantic
import pytest
import yaml

from exports.superset.__main__ import main
from exports.superset.bundle import bundle, charts, file_address, marts
from exports.superset.charts import Chart
from exports.superset.datasets import dataset_sql
from ingest.home import PROJECT
from tests.bi.conftest import make_night

ADDRESS = file_address(Path("/srv/xubao/published/current/analytics.duckdb"))


def unpacked(data: bytes) -> dict[str, dict]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: yaml.safe_load(archive.read(name)) for name in archive.namelist()}


def test_the_bundle_has_the_same_bytes_each_time() -> None:
    assert bundle(ADDRESS) == bundle(ADDRESS)


def test_every_part_is_where_superset_looks_for_it_and_points_to_what_is_there() -> None:
    files = unpacked(bundle(ADDRESS))
    ids = {name: part["uuid"] for name, part in files.items() if "uuid" in part}
    assert len(set(ids.values())) == len(ids) == len(charts()) + len(marts()) + 3
    for name, part in files.items():
        assert part["version"] == "1.0.0"
        assert {part[key] for key in ("dataset_uuid", "database_uuid") if key in part} <= set(ids.values()), name
    [board] = [part for name, part in files.items() if "/dashboards/" in name]
    placed = [
        box["meta"]["uuid"] for box in board["position"].values() if isinstance(box, dict) and box["type"] == "CHART"
    ]
    assert sorted(placed) == sorted(part["uuid"] for name, part in files.items() if "/charts/" in name)
    for row in (box for box in board["position"].values() if isinstance(box, dict) and box["type"] == "ROW"):
        assert sum(board["position"][child]["meta"]["width"] for child in row["children"]) == 12


def test_every_column_has_a_chinese_name() -> None:
    for name, part in unpacked(bundle(ADDRESS)).items():
        if "/datasets/" in name:
            assert [c["column_name"] for c in part["columns"] if not c["verbose_name"]] == [], name
            assert [m["metric_name"] for m in part["metrics"] if not m["verbose_name"]] == [], name


def test_the_queries_of_the_datasets_run_and_give_the_columns_that_are_declared(tmp_path) -> None:
    folder = make_night(tmp_path, "2026-11-24-a", 1)
    files = unpacked(bundle(ADDRESS))
    with duckdb.connect(str(folder / "analytics.duckdb"), read_only=True) as connection:
        for name, part in files.items():
            if "/datasets/" in name:
                cursor = connection.execute(part["sql"])
                assert {item[0] for item in cursor.description} == {c["column_name"] for c in part["columns"]}, name
                for metric in part["metrics"]:
                    connection.execute(f"select {metric['expression']} from ({part['sql']}) as virtual_table")


def test_a_dataset_has_as_many_rows_as_its_mart(tmp_path) -> None:
    folder = make_night(tmp_path, "2026-11-24-a", 1)
    with duckdb.connect(str(folder / "analytics.duckdb"), read_only=True) as connection:
        for mart in marts():
            rows = connection.execute(f"select count(*) from ({dataset_sql(mart)})").fetchone()
            assert rows == connection.execute(f"select count(*) from marts.{mart}").fetchone(), mart


def test_a_chart_of_a_column_that_its_mart_does_not_have_is_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match="kpi_renewal_rate_monthly has no no_such_column"):
        Chart(
            name="x",
            title="x",
            mart="kpi_renewal_rate_monthly",
            kind="table",
            by=["no_such_column"],
            width=6,
            height=40,
        )


def test_the_command_writes_the_bundle_for_the_file_in_force(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("XUBAO_HOME", str(tmp_path))
    assert main(["--out", str(tmp_path / "board.zip")]) == 0
    [database] = [p for name, p in unpacked((tmp_path / "board.zip").read_bytes()).items() if "/databases/" in name]
    assert database["sqlalchemy_uri"] == file_address(tmp_path / "published" / "current" / "analytics.duckdb")
    assert f"{len(charts())} charts" in capsys.readouterr().out


def test_docs_bi_says_how_many_charts_there_are() -> None:
    assert f"{len(charts())} charts" in (PROJECT / "docs" / "bi.md").read_text(encoding="utf-8")
