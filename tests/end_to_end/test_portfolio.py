"""Real data that nobody here wrote: a foreign portfolio comes in with one YAML file and counts exactly right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.end_to_end.conftest import environment

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "shared" / "data"
AS_OF = date(2004, 2, 1)


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    if not (DATA / "fremotor1prem0304a.csv.gz").exists():
        pytest.skip("the real portfolio is not here: ../shared/data lies beside the project only where it is developed")
    home = tmp_path_factory.mktemp("portfolio") / "home"
    with environment(home), pytest.MonkeyPatch.context() as patched:
        patched.setenv("XUBAO_SOURCES", str(HERE / "portfolio"))
        patched.setenv("AIRFLOW_CONN_FREMOTOR", json.dumps({"conn_type": "file", "extra": {"path": str(DATA)}}))
        from dbt_project.build import build_step
        from expectations.reception import receive

        receive("fremotor", AS_OF)
        build = Path(build_step(str(AS_OF)))
        with duckdb.connect(str(build / "analytics.duckdb"), read_only=True) as connection:
            yield connection


def test_due_and_renewed_are_exact(marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.sql("""
        select sum(due_vehicles), sum(renewed_here) from marts.kpi_renewal_rate_monthly where expiry_month = '2003-12-01'
    """).fetchone()
    assert found == (32_114, 19_826)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("sales_channel", {"A": (11_529, 18_684), "B": (2_325, 3_787), "L": (5_972, 9_643)}),
        (
            "payment_frequency",
            {
                "Annual": (6_718, 10_864),
                "Half-yearly": (11_009, 17_951),
                "Monthly": (619, 870),
                "Quarterly": (1_480, 2_429),
            },
        ),
    ],
)
def test_the_table_by_an_optional_column_is_exact(
    marts: duckdb.DuckDBPyConnection, column: str, expected: dict[str, tuple[int, int]]
) -> None:
    rows = marts.sql(f"""
        select {column}, count(*) filter (where outcome = 'renewed_here'), count(*)
        from marts.fct_due_vehicle where expiry_month = '2003-12-01' group by all
    """).fetchall()
    assert {name: (renewed, due) for name, renewed, due in rows} == expected


def test_an_id_that_stands_twice_in_a_year_is_held_once_and_counted_once(marts: duckdb.DuckDBPyConnection) -> None:
    batch = marts.sql("select records_read, loaded, quarantined, declared from marts.fct_batch").fetchone()
    assert batch[0] == 51_950, "51,949 contracts and a header"
    assert batch[0] == batch[1] + batch[2] + batch[3]
