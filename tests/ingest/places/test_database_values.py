"""Every kind of value that a database holds arrives as the text that it is, none of them stops the others."""

from __future__ import annotations

import io
import json
import sqlite3
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from ingest.places import SourceDownError, fetch_table
from ingest.places.tables import query, value_text
from ingest.spec import Extract

EXTRACT = Extract(
    entity="vehicle_sale", table="kinds", columns={"sale_number": "id", "store_id": "s", "vin": "v", "sold_on": "d"}
)


def fetched(connection: str, extract: Extract = EXTRACT, since: str | None = None) -> list[dict[str, Any]]:
    sink = io.BytesIO()
    fetch_table(connection, extract, since, "2026-11-25", sink)
    return pq.read_table(io.BytesIO(sink.getvalue())).to_pylist()


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("date '2026-11-20'", "2026-11-20"),
        ("date 'infinity'", "infinity"),
        ("date '0044-03-15 BC'", "0044-03-15 BC"),
        ("timestamp '2026-11-20 08:30:00'", "2026-11-20 08:30:00"),
        ("timestamp '2026-11-20 08:30:00.25'", "2026-11-20 08:30:00.25"),
        ("timestamp '2026-11-20 00:00:00'", "2026-11-20"),
        ("timestamp 'infinity'", "infinity"),
        ("timestamptz '2026-11-20 17:00:00+00'", "2026-11-21 01:00:00+08:00"),
        ("timestamptz '2026-11-20 16:00:00+00'", "2026-11-21 00:00:00+08:00"),
        ("123456789012345678901234567890.10::numeric", "123456789012345678901234567890.10"),
        ("0.00000000001::numeric", "0.00000000001"),
        ("'NaN'::numeric", "NaN"),
        ("'NaN'::float8", "NaN"),
        ("1e20::float8", "100000000000000000000"),
        ("0.1::float8 + 0.2::float8", "0.3"),
        ("9223372036854775807::bigint", "9223372036854775807"),
        ("true", "1"),
        ("'\\xe4bf9de58d95'::bytea", "保单"),
        ("'\\xff00'::bytea", "0xff00"),
        ("array['a', 'b']", "a;b"),
        ('\'{"b": 1, "a": "保"}\'::jsonb', '{"a": "保", "b": 1}'),
        ("'6f1c9d2e-0000-4000-8000-000000000001'::uuid", "6f1c9d2e-0000-4000-8000-000000000001"),
        ("time '08:30'", "08:30:00"),
        ("timestamptz 'infinity'", "infinity"),
        ("interval '1 day 2 hours'", "1 day 02:00:00"),
        ("null::text", None),
        ("''::text", ""),
    ],
)
def test_values_of_postgresql(postgres, monkeypatch, sql: str, text: str | None) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_DMS", json.dumps(postgres.place))
    with postgres.owner() as opened:
        opened.execute("drop table if exists kinds")
        opened.execute(f"create table kinds as select 1 as id, {sql} as value")
    assert fetched("dms") == [{"id": "1", "value": text}]


@pytest.mark.parametrize(
    ("kind", "sql", "text"),
    [
        ("date", "'2026-11-20'", "2026-11-20"),
        ("date", "'0000-00-00'", None),
        ("date", "'2026-00-00'", "2026-00-00"),
        ("datetime", "'0000-00-00 00:00:00'", None),
        ("datetime(6)", "'2026-11-20 08:30:00.25'", "2026-11-20 08:30:00.250000"),
        ("datetime", "'2026-11-20 00:00:00'", "2026-11-20"),
        ("timestamp null", "from_unixtime(1795194000)", "2026-11-21 01:00:00+08:00"),
        ("timestamp null", "'0000-00-00 00:00:00'", None),
        ("decimal(30, 10)", "'12345678901234567890.1000000000'", "12345678901234567890.1000000000"),
        ("double", "1e20", "100000000000000000000"),
        ("tinyint(1)", "1", "1"),
        ("bit(1)", "b'1'", "1"),
        ("bit(9)", "b'100000001'", "257"),
        ("bigint unsigned", "18446744073709551615", "18446744073709551615"),
        ("varchar(20)", "concat('a', char(0), 'b')", "a\0b"),
        ("varchar(20)", "'0000-00-00'", "0000-00-00"),
        ("varchar(20)", "'😀保单'", "😀保单"),
        ("varbinary(9)", "x'e4bf9de58d95'", "保单"),
        ("blob", "x'ff00'", "0xff00"),
        ("year", "2026", "2026"),
        ("time", "'08:30:00'", "08:30:00"),
        ("enum('是', '否')", "'是'", "是"),
        ("json", "'{\"a\": 1}'", '{"a": 1}'),
        ("varchar(9)", "null", None),
    ],
)
def test_values_of_mariadb(mariadb, monkeypatch, kind: str, sql: str, text: str | None) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_DMS", json.dumps(mariadb.place))
    with mariadb.owner() as opened, opened.cursor() as cursor:
        cursor.execute("drop table if exists kinds")
        cursor.execute(f"create table kinds (id int primary key, value {kind})")
        cursor.execute(f"insert into kinds values (1, {sql})")
    assert fetched("dms") == [{"id": "1", "value": text}]


def test_values_of_sqlite(tmp_path, monkeypatch) -> None:
    path = tmp_path / "a b?#%.sqlite"
    with sqlite3.connect(path) as opened:
        opened.execute("create table kinds (id integer primary key, d date, b blob, n numeric, t text)")
        opened.execute("insert into kinds values (1, '2026-11-20 08:30', x'ff00', 1.10, cast(x'61ff' as text))")
        opened.execute("insert into kinds values (2, 20261120, 'x', 12345678901234567, 'a' || char(0) || 'b')")
        opened.execute("insert into kinds values (3, null, null, 9e99, '')")
    opened.close()
    monkeypatch.setenv("AIRFLOW_CONN_DMS", json.dumps({"conn_type": "sqlite", "host": str(path)}))
    assert fetched("dms") == [
        {"id": "1", "d": "2026-11-20 08:30", "b": "0xff00", "n": "1.1", "t": "a�"},
        {"id": "2", "d": "20261120", "b": "x", "n": "12345678901234567", "t": "a\0b"},
        {"id": "3", "d": None, "b": None, "n": f"9{'0' * 99}", "t": ""},
    ]
    path.unlink()
    with pytest.raises(SourceDownError, match="cannot be read"):
        fetched("dms")
    assert not path.exists(), "a missing file is not made"


@pytest.mark.parametrize("kind", ["timestamptz", "timestamp"])
def test_a_watermark_with_a_time_zone_is_compared_as_local_time(postgres, mariadb, monkeypatch, kind: str) -> None:
    """A row of 00:30 in Shanghai on the 22nd is one of the 21st in UTC; the overlap counts local days."""
    extract = EXTRACT.model_copy(update={"watermark": "changed"})
    with postgres.owner() as opened:
        opened.execute("drop table if exists kinds")
        opened.execute("create table kinds (id int primary key, changed timestamptz)")
        opened.execute("insert into kinds values (1, '2026-11-22 00:30:00+08'), (2, '2026-11-21 23:30:00+08')")
    with mariadb.owner() as opened, opened.cursor() as cursor:
        cursor.execute("drop table if exists kinds")
        cursor.execute("create table kinds (id int primary key, changed timestamp null)")
        cursor.execute("set time_zone = '+08:00'")
        cursor.execute("insert into kinds values (1, '2026-11-22 00:30:00'), (2, '2026-11-21 23:30:00')")
    for server in (postgres, mariadb):
        monkeypatch.setenv("AIRFLOW_CONN_DMS", json.dumps(server.place))
        assert fetched("dms", extract, since="2026-11-22") == [{"id": "1", "changed": "2026-11-22 00:30:00+08:00"}]


def test_a_view_and_a_table_of_another_schema_can_be_fetched(postgres, monkeypatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_DMS", json.dumps(postgres.place))
    with postgres.owner() as opened:
        opened.execute("drop schema if exists export cascade")
        opened.execute("create schema export")
        opened.execute("create view export.kinds as select 1 as id union all select 2")
        opened.execute("grant usage on schema export to reader")
        opened.execute("grant select on export.kinds to reader")
    assert fetched("dms", EXTRACT.model_copy(update={"table": "export.kinds"})) == [{"id": "1"}, {"id": "2"}]


@pytest.mark.parametrize("dialect", ["mssql", "oracle"])
def test_sql_server_and_oracle_are_asked_in_their_own_words(dialect: str) -> None:
    from importlib import import_module

    table = sa.Table(
        "kinds",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("changed", sa.DateTime),
        schema="dms",
    )
    asked = query(table, EXTRACT.model_copy(update={"watermark": "changed"}), "2026-11-22", dialect)
    made = asked.compile(dialect=import_module(f"sqlalchemy.dialects.{dialect}").dialect())
    assert "ORDER BY dms.kinds.id" in str(made) and "IS NULL" in str(made)


def test_a_driver_that_is_not_installed_is_told_with_where_to_read_on(monkeypatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_DMS", json.dumps({"conn_type": "mssql", "host": "127.0.0.1", "schema": "dms"}))
    with pytest.raises(SourceDownError, match=r"driver is not installed; see docs/sources\.md"):
        fetched("dms")


def test_numbers_never_have_an_exponent() -> None:
    for value in (Decimal("1E+20"), Decimal("1E-9"), 1e-7, 1e22, -1.5e300):
        assert "E" not in value_text(value).upper()
