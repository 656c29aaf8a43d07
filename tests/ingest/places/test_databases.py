"""Real PostgreSQL and MariaDB servers: what they hold comes in as text, only what is new, and as of one moment."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ingest.batches import Batch, batches
from ingest.home import read_json
from ingest.landing import report_path
from ingest.selection import select
from tests.ingest.places import servers

D = date(2026, 11, 24)
SPEC = """
name: dms
title: DMS
connection: dms
owner: {name: 管理员, contact: 信息部}
extracts:
  sales:
    entity: vehicle_sale
    table: sale
    watermark: changed_at
    read: {format: table}
    ignored: [changed_at, note]
    columns: {sale_number: sale_number, store_id: store, vin: vin, sold_on: sold_on, price_amount: price}
"""
SNAPSHOT = (
    SPEC.replace("    watermark: changed_at\n", "    mode: snapshot\n    max_drop_share: 0.6\n").replace("  sales:", "  stock:")
)  # fmt: skip


@dataclass
class Dms:
    """A dealer management system on a real server, and the desk that fetches from it."""

    home: Path
    spec: Callable[[str], None]
    run: Callable[..., None]
    kind: str

    def add(self, number: int, changed: str | None, price: str = "88000.50") -> None:
        vin = f"LSVAA2187C2{number:06d}"
        self.run("insert into sale values (%s, '001', %s, '2026-11-20', %s, %s)", f"S{number:03d}", vin, price, changed)

    def receive(self, as_of: date) -> list[Batch]:
        from expectations.reception import receive

        receive("dms", as_of)
        return [batch for batch in batches() if batch.received_on == as_of]

    def landed(self, batch: Batch) -> list[dict[str, Any]]:
        return pq.read_table(self.home / batch.file).to_pylist()

    def numbers(self, batch: Batch) -> list[str]:
        return [row["sale_number"] for row in self.landed(batch)]


def status(as_of: date) -> dict[str, Any]:
    return read_json(select(as_of) / "inputs.json")["sources"][0]


@pytest.fixture(params=["postgres", "mariadb"])
def dms(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dms:
    server: servers.Database = request.getfixturevalue(request.param)
    for name in ("home", "sources"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("XUBAO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XUBAO_SOURCES", str(tmp_path / "sources"))
    monkeypatch.setenv("AIRFLOW_CONN_DMS", json.dumps(server.place))

    def run(statement: str, *values: Any) -> None:
        with server.owner() as opened, opened.cursor() as cursor:
            cursor.execute(statement, values or None)

    def spec(text: str) -> None:
        (tmp_path / "sources" / "dms.yaml").write_text(text, encoding="utf-8")

    spec(SPEC)
    run("drop table if exists sale")
    moment = "timestamp" if request.param == "postgres" else "datetime"
    run(f"create table sale (sale_number varchar(20), store varchar(9), vin varchar(17), sold_on date, price decimal(12, 2), changed_at {moment})")  # fmt: skip
    return Dms(tmp_path / "home", spec, run, request.param)


def test_only_what_may_be_new_is_fetched_and_nothing_that_came_late_is_missed(dms: Dms) -> None:
    dms.add(2, "2026-11-20 10:00:00")
    dms.add(1, "2026-11-23 23:59:59")
    dms.add(3, None)
    [first] = dms.receive(D)
    assert (first.verdict, first.loaded, first.watermark) == ("accepted", 3, "2026-11-23 23:59:59")
    assert dms.numbers(first) == ["S001", "S002", "S003"], "in the order of the key"
    dms.add(4, "2026-11-24 08:00:00")
    dms.add(5, "2026-11-22 12:00:00")  # committed late, within the day of overlap
    dms.add(6, "2026-11-21 12:00:00")  # too late: the watermark is a promise of the source
    [second] = dms.receive(D + timedelta(days=1))
    assert dms.numbers(second) == ["S001", "S003", "S004", "S005"]
    assert second.watermark == "2026-11-24 08:00:00"


def test_a_corrected_row_comes_again_and_the_newest_one_counts(dms: Dms) -> None:
    import duckdb

    dms.add(1, "2026-11-20 10:00:00", price="100")
    dms.receive(D)
    dms.run("update sale set price = 200, changed_at = '2026-11-24 09:00:00'")
    [second] = dms.receive(D + timedelta(days=1))
    assert dms.landed(second)[0]["price"] == "200.00"
    chosen = read_json(select(D + timedelta(days=1)) / "inputs.json")["entities"]["vehicle_sale"][1:]
    assert len(chosen) == 2
    rows = duckdb.sql(f"select _received_on, price_amount from read_parquet({[str(dms.home / p) for p in chosen]})")
    assert max(rows.fetchall())[1] == 200


def test_a_row_from_the_future_blocks_nothing_that_comes_after_it(dms: Dms) -> None:
    dms.add(1, "2026-11-23 10:00:00")
    dms.add(2, "2099-01-01 00:00:00")
    [first] = dms.receive(D)
    assert first.watermark == "2026-11-23 10:00:00"
    dms.add(3, "2026-11-24 10:00:00")
    [second] = dms.receive(D + timedelta(days=1))
    assert dms.numbers(second) == ["S001", "S002", "S003"]


def test_a_refused_fetch_does_not_move_the_watermark_and_the_next_one_fills_the_gap(dms: Dms) -> None:
    dms.add(1, "2026-11-20 10:00:00")
    dms.receive(D)
    for number in range(10, 20):
        dms.run("insert into sale values (%s, '001', 'X', '2026-11-20', 1, '2026-11-24 10:00:00')", f"S{number}")
    [second] = dms.receive(D + timedelta(days=1))
    assert (second.verdict, second.rule) == ("refused", "file:too_many_rejects")
    assert status(D + timedelta(days=1))["status"] == "refused"
    dms.run("update sale set vin = concat('LSVAA2187C20000', substr(sale_number, 2, 2)) where vin = 'X'")
    [third] = dms.receive(D + timedelta(days=2))
    assert (third.verdict, third.loaded) == ("accepted", 11)
    assert status(D + timedelta(days=2))["status"] == "fresh", "the gap is filled"


def test_a_night_run_twice_sees_the_same_rows(dms: Dms) -> None:
    dms.add(1, "2026-11-20 10:00:00")
    [first] = dms.receive(D)
    dms.add(2, "2026-11-23 10:00:00")
    assert dms.receive(D) == [first]
    [second] = dms.receive(D + timedelta(days=1))
    assert dms.numbers(second) == ["S001", "S002"]


def test_the_same_rows_are_the_same_bytes_whatever_their_order_on_disk(dms: Dms) -> None:
    dms.spec(SNAPSHOT)
    for number in (3, 1, 2):
        dms.add(number, None)
    [first] = dms.receive(D)
    dms.run("delete from sale")
    for number in (2, 3, 1):
        dms.add(number, None)
    [second] = dms.receive(D + timedelta(days=1))
    assert (second.verdict, second.sha256) == ("nothing_new", first.sha256)


def test_in_a_snapshot_what_is_gone_is_gone_and_a_great_loss_is_refused(dms: Dms) -> None:
    dms.spec(SNAPSHOT)
    for number in range(100):
        dms.add(number, None)
    dms.receive(D)
    dms.run("delete from sale where sale_number < 'S050'")
    [second] = dms.receive(D + timedelta(days=1))
    assert (second.verdict, second.loaded) == ("accepted", 50)
    assert read_json(select(D + timedelta(days=1)) / "inputs.json")["entities"]["vehicle_sale"][1:] == [second.raw]
    dms.run("delete from sale where sale_number < 'S095'")
    [third] = dms.receive(D + timedelta(days=2))
    assert (third.verdict, third.rule) == ("refused", "file:dropped")
    assert read_json(select(D + timedelta(days=2)) / "inputs.json")["entities"]["vehicle_sale"][1:] == [second.raw]


def test_a_renamed_table_or_watermark_is_told_and_the_last_data_stay_in_force(dms: Dms) -> None:
    dms.add(1, "2026-11-20 10:00:00")
    [first] = dms.receive(D)
    dms.run("alter table sale rename column changed_at to changed")
    assert dms.receive(D + timedelta(days=1)) == []
    [reason] = read_json(report_path("dms", D + timedelta(days=1)))["failed"]["sales"]
    assert "'changed_at'" in reason["en"] and "watermark" in reason["zh"]
    dms.run("drop table sale")
    dms.receive(D + timedelta(days=2))
    [reason] = read_json(report_path("dms", D + timedelta(days=2)))["failed"]["sales"]
    assert "there is no such table" in reason["en"] and "没有这张表" in reason["zh"]
    inputs = read_json(select(D + timedelta(days=2)) / "inputs.json")
    assert inputs["entities"]["vehicle_sale"][1:] == [first.raw]


def test_no_message_quotes_the_connection_or_a_value(dms: Dms, monkeypatch, caplog) -> None:
    dms.add(1, "2026-11-20 10:00:00")
    place = json.loads(os.environ["AIRFLOW_CONN_DMS"])
    secrets = ["PasswordNobodySees", "WrongButSecret", place["login"], str(place["port"]), "no_such_database"]
    broken = [
        {"password": "WrongButSecret"}, {"port": servers.free_port()}, {"schema": "no_such_database"},
        {"login": "nobody_of_this_name"}, {"extra": {"sslmode" if dms.kind == "postgres" else "ssl_ca": "WrongButSecret"}},
        {"conn_type": "mssql"}, {"conn_type": "cassandra"}, {"host": ""}, {"extra": {"ssl_mode": "WrongButSecret"}},
    ]  # fmt: skip
    for number, change in enumerate(broken):
        monkeypatch.setenv("AIRFLOW_CONN_DMS", json.dumps(place | change))
        day = D + timedelta(days=number)
        assert dms.receive(day) == []
        report = report_path("dms", day).read_text(encoding="utf-8")
        [reason] = json.loads(report)["failed"]["sales"]
        assert "dms" in reason["en"] and "dms" in reason["zh"]
        assert not [secret for secret in secrets if secret in report + caplog.text], change


def test_the_database_is_only_read(dms: Dms) -> None:
    import sqlalchemy as sa

    from ingest.places.connections import place
    from ingest.places.databases import engine

    dms.run("grant insert on sale to reader" if dms.kind == "postgres" else "select 1")
    with engine(place("dms")).connect() as opened, pytest.raises(sa.exc.DBAPIError, match=r"(?i)read.only"):
        opened.execute(sa.text("insert into sale (sale_number) values ('S9')"))


def test_a_fetch_sees_one_moment_even_if_rows_are_written_meanwhile(dms: Dms, monkeypatch) -> None:
    from ingest.places import tables

    for number in range(10):
        dms.add(number, None)
    monkeypatch.setattr(tables, "BATCH_ROWS", 2)
    texts, written = tables._texts, []

    def meanwhile(*given: Any) -> Any:
        if not written:
            written.append(True)
            dms.run("update sale set price = 1")
            dms.add(90, None)
        return texts(*given)

    monkeypatch.setattr(tables, "_texts", meanwhile)
    [batch] = dms.receive(D)
    assert {row["price"] for row in dms.landed(batch)} == {"88000.50"} and len(dms.landed(batch)) == 10


def test_rows_are_fetched_and_landed_a_batch_at_a_time(dms: Dms, monkeypatch) -> None:
    from ingest.places import tables

    for number in range(7):
        dms.add(number, None)
    monkeypatch.setattr(tables, "BATCH_ROWS", 3)
    [batch] = dms.receive(D)
    assert pq.ParquetFile(dms.home / batch.file).num_row_groups == 3
    assert batch.loaded == 7


def test_a_table_that_grows_too_large_or_takes_too_long_is_told_and_leaves_nothing(dms: Dms, monkeypatch) -> None:
    from ingest import limits

    dms.add(1, "2026-11-20 10:00:00")
    for number, (name, value, words) in enumerate(
        [("FILE_BYTES", 100, "grows too large"), ("FETCH_SECONDS", -1, "no answer in time")]
    ):
        with monkeypatch.context() as patched:
            patched.setattr(limits, name, value)
            assert dms.receive(D + timedelta(days=number)) == []
        [reason] = read_json(report_path("dms", D + timedelta(days=number)))["failed"]["sales"]
        assert words in reason["en"]
    assert not [path for path in (dms.home / "landing").rglob("*") if path.is_file()]


def test_tls_is_verified_as_the_connection_says(dms: Dms, request, monkeypatch, tmp_path) -> None:
    server: servers.Database = request.getfixturevalue(dms.kind)
    dms.add(1, "2026-11-20 10:00:00")
    stranger, _ = servers.make_certificate(tmp_path)

    def options(certificate: Path | None) -> dict[str, Any]:
        if dms.kind == "postgres":
            return {"sslmode": "verify-full", "sslrootcert": str(certificate)}
        return {"ssl_ca": str(certificate)}

    monkeypatch.setenv("AIRFLOW_CONN_DMS", json.dumps(server.place | {"extra": options(stranger)}))
    assert dms.receive(D) == []
    monkeypatch.setenv("AIRFLOW_CONN_DMS", json.dumps(server.place | {"extra": options(server.certificate)}))
    assert [batch.loaded for batch in dms.receive(D + timedelta(days=1))] == [1]
