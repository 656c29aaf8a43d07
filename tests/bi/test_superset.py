"""Apache Superset, the real one, on the DuckDB file of a published night, through its REST API."""

from __future__ import annotations

import csv
import io
import json
import secrets
import threading
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from exports.dictionary import dictionary_csv
from exports.shelf import open_read_only
from exports.superset.bundle import bundle, charts, file_address, id_of
from exports.superset.datasets import kpis
from tests.bi.conftest import Superset, make_night
from tests.exports.page.opened import chromium

MART = "kpi_renewal_rate_monthly"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "published"
    make_night(folder, "2026-11-24-a", 1)
    return folder


@pytest.fixture(scope="module")
def address(published: Path) -> str:
    return file_address(published / "current" / "analytics.duckdb")


@pytest.fixture(scope="module")
def database(superset: Superset, address: str) -> int:
    return superset.post(
        "/api/v1/database/", database_name="按手工连接", sqlalchemy_uri=address, expose_in_sqllab=True
    )["id"]


@pytest.fixture(scope="module")
def board(superset: Superset, address: str) -> dict[str, int]:
    """The imported bundle: id in Superset by id in the bundle."""
    superset.upload("/api/v1/dashboard/import/", "formData", bundle(address))
    return {row["uuid"]: row["id"] for row in superset.get("/api/v1/dataset/?q=(page_size:100)")["result"]}


def asked(published: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(published / "current" / "analytics.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_dataset_shows_the_columns_in_chinese_and_a_chart_on_it_the_marts_numbers(
    superset: Superset, database: int, published: Path
) -> None:
    dataset = superset.post("/api/v1/dataset/", database=database, schema="marts", table_name=MART)["id"]
    with open_read_only(published / "current" / "analytics.duckdb") as connection:
        words = csv.DictReader(io.StringIO(dictionary_csv(connection).decode()))
        chinese = {row["column"]: row["zh"] for row in words if row["table"] == MART}
    there = superset.get(f"/api/v1/dataset/{dataset}")["result"]["columns"]
    assert {column["column_name"] for column in there} == set(chinese)
    named = [{"id": c["id"], "column_name": c["column_name"], "verbose_name": chinese[c["column_name"]]} for c in there]
    superset.put(f"/api/v1/dataset/{dataset}", columns=named)
    kept = {
        c["column_name"]: c["verbose_name"] for c in superset.get(f"/api/v1/dataset/{dataset}")["result"]["columns"]
    }
    assert kept == chinese and kept["due_vehicles"] == "应续辆数"

    due = {
        "expressionType": "SIMPLE",
        "column": {"column_name": "due_vehicles"},
        "aggregate": "SUM",
        "label": "应续辆数",
    }
    params = {"viz_type": "table", "metrics": [due], "groupby": ["store_id"], "query_mode": "aggregate"}
    context = {
        "datasource": {"id": dataset, "type": "table"}, "force": True,
        "queries": [{"columns": ["store_id"], "metrics": [due], "row_limit": 100}],
    }  # fmt: skip
    chart = superset.post(
        "/api/v1/chart/", slice_name="各店应续", viz_type="table", datasource_id=dataset, datasource_type="table",
        params=json.dumps(params), query_context=json.dumps(context),
    )["id"]  # fmt: skip
    shown = superset.get(f"/api/v1/chart/{chart}/data/?force=true")["result"][0]["data"]
    expected = asked(published, f"select store_id, sum(due_vehicles) from marts.{MART} group by 1 order by 1")
    assert sorted((row["store_id"], row["应续辆数"]) for row in shown) == expected


def test_sql_lab_answers_with_chinese_columns(superset: Superset, database: int, published: Path) -> None:
    query = f"select store_id as 门店, sum(renewed_here) as 本店续保 from marts.{MART} group by 1 order by 1"
    answer = superset.post(
        "/api/v1/sqllab/execute/",
        database_id=database,
        sql=query,
        schema="marts",
        client_id="asked00001",
        runAsync=False,
    )
    assert [column["name"] for column in answer["columns"]] == ["门店", "本店续保"]
    assert [(row["门店"], row["本店续保"]) for row in answer["data"]] == asked(published, query)


@pytest.mark.parametrize(
    "query",
    [
        "create table marts.mine (i int)",
        "select * from read_text('/etc/hostname')",
        "select * from read_csv('/etc/passwd')",
        "select * from glob('/etc/*')",
        "attach '/etc/passwd' as other",
        "set enable_external_access = true",
    ],
)
def test_from_sql_lab_nobody_writes_or_reaches_another_file(superset: Superset, database: int, query: str) -> None:
    asking = {
        "database_id": database,
        "sql": query,
        "schema": "marts",
        "client_id": secrets.token_hex(5),
        "runAsync": False,
    }
    answer = superset.client.post("/api/v1/sqllab/execute/", json=asking)
    assert not answer.is_success, answer.text


def test_every_chart_of_the_board_shows_the_marts_numbers(
    superset: Superset, board: dict[str, int], published: Path
) -> None:
    dashboard = superset.get("/api/v1/dashboard/xubao")["result"]
    there = {
        chart["slice_name"]: json.dumps(chart)
        for chart in superset.get(f"/api/v1/dashboard/{dashboard['id']}/charts")["result"]
    }
    assert set(there) == {chart.title for chart in charts()}
    for chart in charts():
        dataset, where = board[id_of("dataset", chart.mart)], chart.where or "true"
        if chart.kind == "rows":
            shown = superset.rows(dataset, [], chart.dimensions, where)
            assert shown and set(shown[0]) == set(chart.dimensions), chart.name
            continue
        metrics = [name for name in chart.show if name in kpis(chart.mart)]
        sums = [name.removeprefix("sum:") for name in chart.show if name not in metrics]
        wanted = [*metrics, *({"expressionType": "SQL", "sqlExpression": f"sum({c})", "label": c} for c in sums)]
        [shown] = superset.rows(dataset, wanted, [], where)
        for name in metrics:
            metric = kpis(chart.mart)[name]
            counted = f"select sum({metric.numerator}), sum({metric.denominator or '1'}) from marts.{chart.mart}"
            [(up, down)] = asked(published, f"{counted} where {where}")
            value = up / down if metric.denominator else up
            assert float(shown[name]) == pytest.approx(float(value)), (chart.name, name)
        for column in sums:
            [(value,)] = asked(published, f"select sum({column}) from marts.{chart.mart} where {where}")
            assert shown[column] == value, (chart.name, column)
        parts = superset.rows(dataset, wanted, [*chart.dimensions, *([chart.split] if chart.split else [])], where)
        for column in sums:
            assert sum(part[column] for part in parts) == shown[column], (chart.name, column)
        assert len(parts) > 1 or not chart.dimensions, chart.name


def test_the_board_is_filtered_by_store_and_month(superset: Superset, board: dict[str, int], published: Path) -> None:
    metadata = json.loads(superset.get("/api/v1/dashboard/xubao")["result"]["json_metadata"])
    filters = {each["name"]: each for each in metadata["native_filter_configuration"]}
    assert filters["门店"]["targets"][0]["datasetId"] == board[id_of("dataset", "dim_store")]
    assert filters["月份"]["requiredFirst"] and filters["月份"]["controlValues"]["defaultToFirstItem"]
    months = superset.rows(board[id_of("dataset", "months")], [], ["month_name"])
    assert sorted(row["month_name"] for row in months) == ["2026-09", "2026-10", "2026-11"]
    shown = superset.rows(
        board[id_of("dataset", MART)], ["due_vehicles"], [], "store_name = '第1店' and month_name = '2026-11'"
    )
    assert [(shown[0]["due_vehicles"],)] == asked(
        published, f"select sum(due_vehicles) from marts.{MART} where store_id = '001' and expiry_month = '2026-11-01'"
    )


def test_a_bundle_that_comes_again_replaces_the_one_before(
    superset: Superset, board: dict[str, int], address: str
) -> None:
    superset.upload("/api/v1/assets/import/", "bundle", bundle(address))
    again = {row["uuid"]: row["id"] for row in superset.get("/api/v1/dataset/?q=(page_size:100)")["result"]}
    assert board.items() <= again.items()
    assert [d["slug"] for d in superset.get("/api/v1/dashboard/")["result"]] == ["xubao"]
    assert superset.get("/api/v1/chart/?q=(page_size:1)")["count"] <= len(charts()) + 1


def test_superset_answers_through_a_publish_and_sees_the_new_night_by_itself(
    superset: Superset, board: dict[str, int], published: Path
) -> None:
    dataset, seen, stop = board[id_of("dataset", MART)], [], threading.Event()
    [(old,)] = asked(published, f"select sum(due_vehicles) from marts.{MART}")

    def look() -> None:
        while not stop.is_set():
            seen.append(superset.rows(dataset, ["due_vehicles"], [])[0]["due_vehicles"])

    looking = threading.Thread(target=look)
    looking.start()
    while not seen:
        time.sleep(0.05)
    try:
        make_night(published, "2026-11-25-b", 2)
        [(new,)] = asked(published, f"select sum(due_vehicles) from marts.{MART}")
        asked_before = len(seen)
        until = time.monotonic() + 30
        while len(seen) < asked_before + 3 and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        stop.set()
        looking.join()
    assert old != new and set(seen) == {old, new} and seen == sorted(seen, key=lambda value: value == new)


def test_the_board_opens_in_a_browser_with_every_chart_and_the_current_months_numbers(
    superset: Superset, board: dict[str, int], published: Path
) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1500, "height": 4600}, locale="zh-CN")
        page.goto(f"{superset.address}/login/")
        page.fill("#username", "admin")
        page.fill("#password", superset.password)
        page.keyboard.press("Enter")
        page.wait_for_url("**/welcome/**")
        page.goto(f"{superset.address}/superset/dashboard/xubao/")
        for chart in charts():
            page.get_by_text(chart.title, exact=True).first.wait_for()
        page.wait_for_load_state("networkidle")
        [(due,)] = asked(published, f"select sum(due_vehicles) from marts.{MART} where expiry_month = '2026-11-01'")
        page.get_by_text(f"{due:,}", exact=True).first.wait_for()
        assert page.locator(".ant-alert-error, .ant-alert-warning").all_inner_texts() == []
