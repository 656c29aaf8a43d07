"""Whoever reads the published files, with whatever program, reads what DuckDB wrote, also while a night is published."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pandas as pd
import polars as pl
import pytest

from exports.audit import audit
from exports.dictionary import declared_models, description
from exports.publish import publish
from exports.shell import main, opening

ROWS = """
create table marts.kpi_read as select * from (values
    ('001', '西安曲江店', date '2026-11-24', 1234567.89::decimal(18, 2), 0.7512::decimal(9, 4), true, 12::bigint),
    ('002', '咸阳·秦都「店」', date '2024-02-29', -0.01::decimal(18, 2), null, false, null))
    as t (store_id, name, day, amount, rate, is_open, vehicles);
"""
EXPECTED = [
    ("001", "西安曲江店", "2026-11-24", Decimal("1234567.89"), Decimal("0.7512"), True, 12),
    ("002", "咸阳·秦都「店」", "2024-02-29", Decimal("-0.01"), None, False, None),
]  # fmt: skip


@pytest.fixture
def folder(make_build: Callable[..., Path]) -> Path:
    build = make_build(analytics=ROWS)
    audit(build)
    return publish(build, rebuild=False)


def plain(rows: Any) -> list[tuple[Any, ...]]:
    """Rows of any client as values of Python: dates as ISO texts, what is missing as None."""
    return [
        tuple(None if pd.isna(value) else str(value)[:10] if hasattr(value, "isoformat") else value for value in row)
        for row in rows
    ]


def test_pandas_reads_file_and_parquet(folder: Path) -> None:
    with duckdb.connect(str(folder / "analytics.duckdb"), read_only=True) as connection:
        assert connection.execute("from marts.kpi_read order by store_id").fetchall()[0][3] == Decimal("1234567.89")
        frame = connection.sql("from marts.kpi_read order by store_id").df()
        assert list(frame.name) == ["西安曲江店", "咸阳·秦都「店」"] and str(frame.day[1].date()) == "2024-02-29"
    assert plain(pd.read_parquet(folder / "parquet" / "kpi_read.parquet").itertuples(index=False)) == EXPECTED


def test_polars_reads_the_parquet(folder: Path) -> None:
    assert plain(pl.read_parquet(folder / "parquet" / "kpi_read.parquet").rows()) == EXPECTED


def test_ibis_reads_the_file(folder: Path) -> None:
    connection = ibis.duckdb.connect(folder / "analytics.duckdb", read_only=True)
    table = connection.table("kpi_read", database="marts").order_by("store_id")
    assert plain(table.to_pyarrow().to_pylist()[at].values() for at in (0, 1)) == EXPECTED
    assert connection.table("kpi_read", database="marts").amount.sum().execute() == Decimal("1234567.88")
    connection.disconnect()


def test_the_shell_reads_the_file_and_writes_nothing(folder: Path) -> None:
    shell = shutil.which("duckdb", path=str(Path(sys.executable).parent))
    assert shell is not None

    def ask(sql: str) -> subprocess.CompletedProcess[str]:
        start = opening(folder / "analytics.duckdb", "marts")
        return subprocess.run([shell, "-csv", "-bail", "-cmd", start], input=sql, capture_output=True, text=True)

    rows = list(csv.reader(io.StringIO(ask("from kpi_read order by store_id;").stdout)))
    assert rows[1] == ["001", "西安曲江店", "2026-11-24", "1234567.89", "0.7512", "true", "12"]
    refused = ask("create table marts.mine as select 1;")
    assert refused.returncode and "read-only" in refused.stderr


def test_make_sql_opens_the_night_in_force_and_says_so_if_there_is_none(folder: Path, home: Path) -> None:
    ask = [sys.executable, "-m", "exports.shell"]
    found = subprocess.run(
        ask, input=".mode csv\nselect name from kpi_read order by 1;", capture_output=True, text=True
    )
    assert found.returncode == 0 and [row[0] for row in csv.reader(io.StringIO(found.stdout))] == [
        "name",
        "咸阳·秦都「店」",
        "西安曲江店",
    ]
    private = subprocess.run(
        [*ask, "restricted"], input="select count(*) as n from call_list;", capture_output=True, text=True
    )
    assert private.returncode == 0 and "8" in private.stdout
    shutil.rmtree(home / "published")
    missing = subprocess.run(ask, input="", capture_output=True, text=True)
    assert missing.returncode == 1 and "make nightly" in missing.stderr and "Traceback" not in missing.stderr
    with pytest.raises(SystemExit):
        main(["nonsense"])


def test_the_files_say_themselves_what_their_tables_and_columns_mean(folder: Path) -> None:
    for name, schema in (("analytics", "marts"), ("restricted", "restricted")):
        with duckdb.connect() as connection:
            connection.execute(f"attach '{folder / name}.duckdb' as read_here (read_only)")
            columns = connection.execute(
                "select table_name, column_name, comment from duckdb_columns() where schema_name = ?", [schema]
            ).fetchall()
            tables = dict(connection.execute(
                "select table_name, comment from duckdb_tables() where schema_name = ?", [schema]).fetchall())  # fmt: skip
        assert columns and all(comment == description(table, column) for table, column, comment in columns)
        assert all(comment == description(table) for table, comment in tables.items())


def test_every_published_table_and_column_has_a_description_in_both_languages() -> None:
    for table, model in declared_models().items():
        if model["room"] in ("marts", "restricted"):
            for column in (None, *(column["name"] for column in model["columns"])):
                assert " · " in (description(table, column) or ""), f"{table}.{column} lacks meta.zh or description"


READER = """
import sys, time, duckdb
from pathlib import Path
link, rounds, seen = Path(sys.argv[1]), 0, set()
print("ready", flush=True)
until = time.monotonic() + 60
while 4 not in seen and time.monotonic() < until:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{link.resolve() / 'analytics.duckdb'}' as night (read_only)")
        [(rows, kinds)] = connection.execute("select count(*), count(distinct version) from night.marts.kpi_version").fetchall()
        assert (rows, kinds) == (5000, 1), (rows, kinds)
        seen |= {row[0] for row in connection.execute("select distinct version from night.marts.kpi_version").fetchall()}
        rounds += 1
print(rounds, sorted(seen), flush=True)
"""


def test_readers_see_the_old_night_or_the_new_one_and_keep_the_one_they_opened(
    home: Path, make_build: Callable[..., Path]
) -> None:
    def version(number: int) -> Path:
        sql = f"create table marts.kpi_version as select {number} as version, i from range(5000) as t (i);"
        build = make_build(f"b{number}", as_of=f"2026-11-{20 + number}", analytics=sql)
        audit(build)
        return publish(build, rebuild=False)

    first = version(1)
    old = duckdb.connect(str(first / "analytics.duckdb"), read_only=True)
    command = [sys.executable, "-c", READER, str(home / "published" / "current")]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [reader.stdout.readline() for reader in readers] == ["ready\n"] * 3
    for number in range(2, 5):
        version(number)
        assert old.execute("select max(version) from marts.kpi_version").fetchall() == [(1,)]
    ends = [reader.communicate(timeout=60)[0] for reader in readers]
    assert [reader.returncode for reader in readers] == [0, 0, 0]
    assert all("4]" in end for end in ends), ends
    old.close()
