"""The marts in a real PostgreSQL server: whole or not at all, without a wait for readers, and each reader's stores only."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from exports.dictionary import description
from exports.postgres.__main__ import main
from exports.postgres.load import Loaded, load
from exports.postgres.server import ServerNotLoadedError, server
from exports.postgres.tables import TYPES, ColumnTypeUnknownError
from exports.shelf import open_read_only, quoted
from exports.steps import load_step
from exports.superset.bundle import charts, marts
from exports.superset.datasets import dataset_sql, expression, kpis
from tests.bi.conftest import make_night
from tests.ingest.places import servers

ROOT = Path(__file__).resolve().parents[2]
AS_OF = "2026-11-24"
PASSWORD = "PasswordNobodySees"
NASTY = 'x"); drop table marts.dim_label; --'
ANALYTICS = f"""
create schema marts;
create table marts.dim_label as select 'kpi.due' as key, '应续' as zh, 'due' as en;
create table marts.dim_parameter as select * from (values ('*', 'a'), ('001', 'b')) as t (store_id, parameter);
create table marts.fct_due_vehicle as select case when i % 3 = 0 then '002' else '001' end as store_id, 'key' || i as vehicle_key
    from range(3000) as t (i);
create table marts.fct_types as select * from (values
    ('001', null, null, null, null, null, null, null, null, null, null, null),
    (null, '', true, 1::smallint, -2::integer, 9223372036854775807, date '2026-02-28', timestamp '2026-11-24 09:00:00.000001',
        timestamptz '2026-11-24 09:00:00+08', 0.1::double, 12345678901234.56::decimal(18, 2), -0.000001::decimal(18, 6)),
    ('\\N', '\\.', false, 0, 0, 0, date '1900-01-01', timestamp '9999-12-31', null, 'nan', 0, 0),
    ('a\\nb', E'tab\\tline\\nreturn\\r"quote",\\\\', false, 0, 0, 0, null, null, null, 1e300, 0, 0))
    as t (store_id, "中文 列", b, s, i, l, d, ts, tz, f, m, r);
create table marts.{quoted(NASTY)} as select 1::bigint as {quoted(NASTY)};
"""
RESTRICTED = """
create schema restricted;
create table restricted.dossier as select * from (values ('001', '王小明'), ('002', '赵伟')) as t (store_id, customer_name);
create table restricted.do_not_call_number as select '13800001111' as phone;
create table restricted.dropdown as select 'result' as list_name;
create table restricted.kpi_staff_bonus_monthly as select '001' as store_id, 'S1' as staff_id, 1200.00::decimal(18, 2) as bonus_amount;
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[servers.Database]:
    with servers.postgres() as running:
        with running.owner() as owner:
            owner.execute(f"create role xubao login createrole password '{PASSWORD}'")
        yield running


class Desk:
    """A database of its own, a home with a published night, and people who log in."""

    def __init__(self, cluster: servers.Database, home: Path, name: str) -> None:
        self.cluster, self.home, self.name = cluster, home, name

    def connect(self, user: str = "xubao") -> psycopg.Connection:
        place = self.cluster.place
        return psycopg.connect(
            host=place["host"], port=place["port"], user=user, password=PASSWORD, dbname=self.name, autocommit=True
        )

    def ask(self, query: str, user: str = "xubao") -> list[tuple[Any, ...]]:
        with self.connect(user) as connection:
            return connection.execute(query.encode()).fetchall()

    def administer(self, *statements: str) -> None:
        with (
            self.cluster.owner() as owner,
            psycopg.connect(owner.info.dsn, password=owner.info.password, dbname=self.name) as here,
        ):
            for statement in statements:
                here.execute(statement.encode())

    def publish(
        self, analytics: str = ANALYTICS, restricted: str = RESTRICTED, as_of: str = AS_OF, build: str = "b1"
    ) -> Path:
        folder = self.home / "published" / f"{as_of}-{build}"
        folder.mkdir(parents=True)
        for file, sql in (("analytics", analytics), ("restricted", restricted)):
            with duckdb.connect() as connection:
                connection.execute("set TimeZone = 'UTC'")
                connection.execute(f"attach '{folder / file}.duckdb' as made")
                connection.execute("use made")
                connection.execute(sql)
        (folder / "manifest.json").write_text(json.dumps({"build_id": build}))
        link = self.home / "published" / "current"
        link.unlink(missing_ok=True)
        link.symlink_to(folder.name)
        return folder


@pytest.fixture
def desk(cluster: servers.Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    name = f"bi_{os.getpid()}_{time.monotonic_ns()}"
    with cluster.owner() as owner:
        owner.execute(f"create database {name} owner xubao".encode())
    made = Desk(cluster, tmp_path, name)
    place = cluster.place | {
        "login": "xubao",
        "password": PASSWORD,
        "schema": name,
        "extra": {"restricted": True, "lock_seconds": 0.5},
    }
    monkeypatch.setenv("XUBAO_HOME", str(tmp_path))
    monkeypatch.setenv("XUBAO_POSTGRES", "bi_postgres")
    monkeypatch.setenv("AIRFLOW_CONN_BI_POSTGRES", json.dumps(place))
    yield made
    with cluster.owner() as owner:
        owner.execute(f"drop database {name} with (force)".encode())


@pytest.fixture
def another_place(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def change(**changes: Any) -> None:
        place = json.loads(os.environ["AIRFLOW_CONN_BI_POSTGRES"])
        extra = place["extra"] | changes.pop("extra", {})
        monkeypatch.setenv("AIRFLOW_CONN_BI_POSTGRES", json.dumps(place | changes | {"extra": extra}))

    return change


def people(desk: Desk) -> None:
    """An analyst of store 001, a caller of store 002, one who is in no table, and an analyst of all stores by their group."""
    made = {"ana": "analyst", "cai": "call_desk", "nobody_yet": "analyst", "hui": "head_office", "pan": "pay_desk"}
    with desk.cluster.owner() as owner:
        for role in ("head_office",):
            if not owner.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
                owner.execute(f"create role {role} nologin in role analyst".encode())
        for login, group in made.items():
            if not owner.execute("select 1 from pg_roles where rolname = %s", [login]).fetchone():
                owner.execute(f"create role {login} login password '{PASSWORD}' in role {group}".encode())
    desk.administer(
        "insert into access.reader_store values ('ana', '001'), ('cai', '002'), ('head_office', '*'), ('pan', '002')"
    )


def moved(desk: Desk, published: Path) -> None:
    """Every table of both files is in the server, row by row."""
    for file, schema in (("analytics", "marts"), ("restricted", "restricted")):
        with open_read_only(published / f"{file}.duckdb") as files:
            names = [n for (n,) in files.execute("select table_name from duckdb_tables() order by 1").fetchall()]
            there = desk.ask(f"select tablename from pg_tables where schemaname = '{schema}' order by 1")
            assert sorted(there) == [(name,) for name in sorted(names)]
            for name in names:
                ours = files.execute(f"select * from {schema}.{quoted(name)}").fetchall()
                with desk.connect() as connection:
                    connection.execute("set timezone = 'UTC'")
                    theirs = connection.execute(SQL("select * from {}").format(Identifier(schema, name))).fetchall()
                assert sorted(map(repr, _plain(theirs))) == sorted(map(repr, _plain(ours))), name


def _plain(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [tuple(v.isoformat() if hasattr(v, "isoformat") else v for v in row) for row in rows]


def test_every_row_of_every_type_arrives(desk: Desk) -> None:
    published = desk.publish()
    loaded = load(published, server())
    assert loaded == Loaded(tables=9, rows=1 + 2 + 3000 + 4 + 1 + 2 + 1 + 1 + 1)
    moved(desk, published)
    kinds = {
        kind
        for (kind,) in desk.ask(
            "select distinct data_type from information_schema.columns where table_schema = 'marts'"
        )
    }
    assert kinds == {*TYPES.values(), "numeric"}


def test_a_moment_without_end_arrives(desk: Desk) -> None:
    load(desk.publish(ANALYTICS.replace("timestamp '9999-12-31'", "timestamp 'infinity'")), server())
    assert desk.ask("select ts::text, d::text from marts.fct_types where ts = 'infinity'") == [
        ("infinity", "1900-01-01")
    ]


def test_what_a_table_and_a_column_mean_stands_in_the_server_in_both_languages(desk: Desk) -> None:
    load(desk.publish(), server())
    desk.administer("comment on column marts.fct_due_vehicle.store_id is 'an old word'")
    load(desk.publish(as_of="2026-11-25"), server())
    table = "'marts.fct_due_vehicle'::regclass"
    [(whole, store, key)] = desk.ask(
        f"select obj_description({table}), col_description({table}, 1), col_description({table}, 2)"
    )
    assert (whole, store) == (description("fct_due_vehicle"), description("fct_due_vehicle", "store_id"))
    assert key == description("fct_due_vehicle", "vehicle_key") and key.startswith("车辆键 · ")


def test_a_night_loaded_twice_is_there_once(desk: Desk) -> None:
    published = desk.publish()
    assert load(published, server()) == load(published, server())
    assert desk.ask("select count(*) from marts.fct_due_vehicle") == [(3000,)]
    assert desk.ask("select * from access.loaded_night order by 1") == [
        ("marts", date(2026, 11, 24), "b1"), ("restricted", date(2026, 11, 24), "b1"),
    ]  # fmt: skip


def test_each_reader_sees_the_rows_of_their_stores(desk: Desk) -> None:
    load(desk.publish(), server())
    people(desk)
    stores = "select store_id, count(*) from marts.fct_due_vehicle group by 1 order by 1"
    assert desk.ask(stores, "ana") == [("001", 2000)]
    assert desk.ask(stores, "hui") == [("001", 2000), ("002", 1000)]
    assert desk.ask(stores, "nobody_yet") == []
    assert desk.ask("select zh from marts.dim_label", "nobody_yet") == [("应续",)]
    assert desk.ask("select store_id from marts.dim_parameter order by 1", "ana") == [("*",), ("001",)]
    assert desk.ask("select store_id from marts.dim_parameter", "nobody_yet") == []
    assert desk.ask("select store_id, customer_name from restricted.dossier", "cai") == [("002", "赵伟")]


def test_no_way_round_leads_to_another_store(desk: Desk) -> None:
    load(desk.publish(), server())
    people(desk)
    joined = (
        "select a.customer_name from restricted.dropdown cross join restricted.dossier as a "
        "full join restricted.dossier as b on a.store_id <> b.store_id where a.customer_name is not null"
    )
    assert desk.ask(joined, "cai") == [("赵伟",)]
    with desk.connect("ana") as ana:
        ana.execute("set role analyst")  # the group is in no row of the table, but the login stays the login
        assert ana.execute("select distinct store_id from marts.fct_due_vehicle").fetchall() == [("001",)]
        ana.execute("set row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ana.execute("select * from marts.fct_due_vehicle")
    desk.administer(
        "create schema shared", "create view shared.all_rows as select * from marts.fct_due_vehicle",
        "alter view shared.all_rows owner to hui", "grant usage on schema shared to ana", "grant select on shared.all_rows to ana",
    )  # fmt: skip
    assert desk.ask("select distinct store_id from shared.all_rows", "ana") == [("001",)]


@pytest.mark.parametrize(
    ("user", "query"),
    [
        ("ana", "select * from restricted.dossier"),
        ("ana", "select * from access.reader_store"),
        ("ana", "insert into access.reader_store values ('ana', '*')"),
        ("ana", "delete from marts.fct_due_vehicle"),
        ("ana", "create table marts.mine (i int)"),
        ("cai", "select * from marts.fct_due_vehicle"),
        ("cai", "select * from marts.dim_parameter"),
        ("cai", "select * from restricted.do_not_call_number"),
        ("cai", "select * from restricted.kpi_staff_bonus_monthly"),
        ("pan", "select * from restricted.dossier"),
        ("stranger", "select * from marts.dim_label"),
        ("stranger", "select access.my_stores()"),
    ],
)
def test_nobody_reads_or_writes_what_is_not_theirs(desk: Desk, user: str, query: str) -> None:
    load(desk.publish(), server())
    people(desk)
    with desk.cluster.owner() as owner:
        if not owner.execute("select 1 from pg_roles where rolname = 'stranger'").fetchone():
            owner.execute(f"create role stranger login password '{PASSWORD}'".encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        desk.ask(query, user)


def test_who_may_see_which_stores_outlives_the_night(desk: Desk) -> None:
    load(desk.publish(), server())
    people(desk)
    load(desk.publish(as_of="2026-11-25"), server())
    assert desk.ask("select count(*) from marts.fct_due_vehicle", "ana") == [(2000,)]
    assert len(desk.ask("select * from access.reader_store")) == 4


def test_readers_go_on_with_the_old_night_while_a_new_one_is_loaded(desk: Desk) -> None:
    load(desk.publish(), server())
    desk.administer(
        "create schema own authorization xubao",
        "set role xubao",
        "create view own.mine as select * from marts.fct_due_vehicle",
    )
    half = ANALYTICS.replace("range(3000)", "range(1500)")
    new = desk.publish(half, as_of="2026-11-25", build="b2")
    with desk.connect() as report, desk.connect() as reader:
        report.autocommit = False
        report.execute("set transaction isolation level repeatable read")
        assert report.execute("select count(*) from marts.fct_due_vehicle").fetchone() == (3000,)
        load(new, server())  # although a report is open, with every table that it has read
        assert report.execute("select count(*) from marts.fct_due_vehicle").fetchone() == (3000,)
        assert report.execute("select count(*) from restricted.dossier").fetchone() == (2,)
        assert reader.execute("select count(*) from own.mine").fetchone() == (1500,)


def test_a_load_that_is_killed_leaves_the_old_night(desk: Desk, another_place: Callable[..., None]) -> None:
    published = desk.publish()
    load(published, server())
    desk.publish(ANALYTICS.replace("range(3000)", "range(10)"), as_of="2026-11-25", build="b2")
    another_place(extra={"lock_seconds": 60})
    with desk.connect() as holder:
        holder.autocommit = False
        holder.execute(
            "lock table restricted.dropdown in share mode"
        )  # readers pass, the load waits at its last tables
        loading = subprocess.Popen(
            [sys.executable, "-m", "exports.postgres"], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
        )
        until = time.monotonic() + 60
        while not holder.execute(
            "select 1 from pg_locks where not granted and relation = 'restricted.dropdown'::regclass"
        ).fetchone():
            assert time.monotonic() < until and loading.poll() is None
            time.sleep(0.1)
        with desk.connect() as reader:
            assert reader.execute("select count(*) from marts.fct_due_vehicle").fetchone() == (3000,)
        loading.send_signal(signal.SIGKILL)
        loading.wait()
    moved(desk, published)


def test_a_held_table_is_told_and_the_old_night_stays(desk: Desk) -> None:
    published = desk.publish()
    load(published, server())
    desk.publish(as_of="2026-11-25", build="b2")
    with desk.connect() as holder:
        holder.autocommit = False
        holder.execute("lock table restricted.dossier in share mode")
        [why] = load_step(str((desk.home / "published" / "current").resolve()))
    assert "restricted.dossier" in why and "another session" in why and "有表被占用" in why
    moved(desk, published)


def test_changed_columns_come_without_an_analysts_view_being_lost(desk: Desk) -> None:
    load(desk.publish(), server())
    people(desk)
    desk.administer(
        "create schema own authorization xubao",
        "set role xubao",
        "create view own.mine as select store_id, vehicle_key from marts.fct_due_vehicle",
    )
    changed = (
        ANALYTICS.replace("'key' || i as vehicle_key", "'key' || i as vehicle_key, i as added")
        .replace("'a'), ('001', 'b')) as t (store_id, parameter)", "1), ('001', 2)) as t (store_id, parameter)")
        .replace("'kpi.due' as key", "'001' as store_id")
    )
    changed = changed.replace("create table marts.fct_types", "create table marts.fct_other")
    new = desk.publish(changed, as_of="2026-11-25", build="b2")
    load(new, server())
    assert desk.ask("select count(*), sum(added) from marts.fct_due_vehicle") == [(3000, 4498500)]
    assert desk.ask("select parameter from marts.dim_parameter order by 1") == [(1,), (2,)]
    assert desk.ask("select count(*) from own.mine") == [(3000,)]
    assert desk.ask("select to_regclass('marts.fct_types'), to_regclass('marts.fct_other') is not null") == [
        (None, True)
    ]
    assert desk.ask("select count(*) from marts.dim_label", "nobody_yet") == [(0,)]  # it has a store now
    assert desk.ask("select count(*) from marts.fct_due_vehicle", "ana") == [(2000,)]
    load(desk.publish(as_of="2026-11-26"), server())  # and back
    assert desk.ask("select count(*) from marts.dim_label", "nobody_yet") == [(1,)]


def test_a_view_on_a_column_that_is_gone_is_named_and_nothing_changes(desk: Desk) -> None:
    published = desk.publish()
    load(published, server())
    desk.administer(
        "create schema own authorization xubao",
        "set role xubao",
        "create view own.mine as select vehicle_key from marts.fct_due_vehicle",
    )
    desk.publish(
        ANALYTICS.replace("as vehicle_key", "as vehicle").replace(
            "fct_due_vehicle.vehicle_key", "fct_due_vehicle.vehicle"
        ),
        as_of="2026-11-25",
    )
    [why] = load_step(str((desk.home / "published" / "current").resolve()))
    assert "marts.fct_due_vehicle.vehicle_key" in why and "own.mine" in why
    moved(desk, published)


def test_restricted_leaves_the_server_when_it_is_switched_off(desk: Desk, another_place: Callable[..., None]) -> None:
    published = desk.publish()
    load(published, server())
    another_place(extra={"restricted": False})
    load(published, server())
    assert desk.ask("select tablename from pg_tables where schemaname = 'restricted'") == []
    assert desk.ask("select schema_name from access.loaded_night") == [("marts",)]


def test_an_older_night_is_not_loaded_over_a_newer_one(desk: Desk) -> None:
    load(desk.publish(as_of="2026-11-25"), server())
    with pytest.raises(ServerNotLoadedError, match="2026-11-25, which is newer than 2026-11-24"):
        load(desk.publish(as_of="2026-11-24"), server())


def test_schemas_of_somebody_else_are_not_touched(desk: Desk) -> None:
    desk.administer("create schema marts", "create table marts.dim_label (key text)")
    with pytest.raises(ServerNotLoadedError, match="somebody else's"):
        load(desk.publish(), server())
    assert desk.ask("select tablename from pg_tables where schemaname = 'marts'") == [("dim_label",)]
    assert desk.ask("select to_regnamespace('access')") == [(None,)]


def test_a_server_that_is_down_is_a_reason_and_no_more(desk: Desk, another_place: Callable[..., None], capsys) -> None:
    published = desk.publish()
    another_place(port=servers.free_port())
    [why] = load_step(str(published))
    assert "无法连接" in why and "bi_postgres" in why and "127.0.0.1" not in why
    assert main([]) == 1 and "nothing answers there" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"password": "WrongButSecret"}, "refused"),
        ({"schema": "no_such_base"}, "no such database"),
        ({"conn_type": "mysql"}, "conn_type that does not fit"),
        ({"extra": {"sslmod": "WrongButSecret"}}, "unknown options"),
        ({"extra": {"restricted": "WrongButSecret"}}, "restricted is true or false"),
        ({"host": "db.dealer.example", "extra": {"sslmode": "prefer"}}, "unencrypted"),
        ({"extra": {"sslmode": "verify-full"}}, "certificate cannot be verified"),
    ],
)
def test_a_connection_that_cannot_be_used_is_told_without_its_secrets(
    desk: Desk, another_place: Callable[..., None], changes: dict[str, Any], told: str
) -> None:
    another_place(**changes)
    [why] = load_step(str(desk.publish()))
    assert told in why and "WrongButSecret" not in why and PASSWORD not in why


def test_without_a_connection_nothing_is_loaded_and_nothing_is_wrong(desk: Desk, monkeypatch, capsys) -> None:
    published = desk.publish()
    monkeypatch.delenv("XUBAO_POSTGRES")
    assert load_step(str(published)) == []
    assert main([]) == 2 and "XUBAO_POSTGRES is not set" in capsys.readouterr().out
    monkeypatch.setenv("XUBAO_POSTGRES", "nobody_made_this")
    [why] = load_step(str(published))
    assert "'nobody_made_this' does not exist" in why


def test_a_rebuild_loads_nothing(desk: Desk, capsys) -> None:
    published = desk.publish()
    pulls = desk.home / "raw" / "_pulls" / "picc"
    pulls.mkdir(parents=True)
    (pulls / "2026-11-25.json").write_text("{}")
    assert load_step(str(published)) == []
    assert desk.ask("select to_regnamespace('marts')") == [(None,)]
    assert main(["--as-of", "2026-11-23"]) == 2 and "2026-11-24" in capsys.readouterr().out


def test_the_command_loads_the_night_in_force(desk: Desk, capsys) -> None:
    desk.publish()
    assert main(["--as-of", AS_OF]) == 0
    assert "loaded 2026-11-24: 9 tables, 3013 rows" in capsys.readouterr().out


def test_an_account_that_may_not_make_roles_is_told_what_the_administrator_runs(
    desk: Desk, another_place: Callable[..., None]
) -> None:
    with desk.cluster.owner() as owner:
        owner.execute(f"create role plain login password '{PASSWORD}'")
    desk.administer(f"alter database {desk.name} owner to plain")
    another_place(login="plain")
    with desk.cluster.owner() as owner:
        made = owner.execute("select 1 from pg_roles where rolname = 'pay_desk'").fetchone()
        if made:
            owner.execute("alter role pay_desk rename to pay_desk_before")
    try:
        [why] = load_step(str(desk.publish()))
        assert "create role pay_desk nologin;" in why
    finally:
        with desk.cluster.owner() as owner:
            if made:
                owner.execute("alter role pay_desk_before rename to pay_desk")


def test_a_login_by_a_groups_name_is_refused(desk: Desk) -> None:
    load(desk.publish(), server())
    with desk.cluster.owner() as owner:
        owner.execute("alter role analyst login")
    try:
        [why] = load_step(str((desk.home / "published" / "current").resolve()))
        assert "analyst is a login on this server" in why
    finally:
        with desk.cluster.owner() as owner:
            owner.execute("alter role analyst nologin")


def test_a_type_without_a_counterpart_names_its_column(desk: Desk) -> None:
    with pytest.raises(ColumnTypeUnknownError, match=r"fct_lists\.l is INTEGER\[\]"):
        load(desk.publish("create schema marts; create table marts.fct_lists as select [1] as l"), server())


def test_the_board_for_superset_runs_on_the_server_too(desk: Desk, another_place: Callable[..., None]) -> None:
    another_place(extra={"restricted": False})
    folder = make_night(desk.home / "published", f"{AS_OF}-made", 1)
    (folder / "manifest.json").write_text(json.dumps({"build_id": "made"}))
    load(folder, server())
    for mart in marts():
        expressions = ", ".join(expression(metric) for metric in kpis(mart).values()) or "count(*)"
        assert desk.ask(f"select count(*), {expressions} from ({dataset_sql(mart)}) as virtual_table")[0][0] >= 2
    for chart in charts():
        desk.ask(f"select * from ({dataset_sql(chart.mart)}) as virtual_table where {chart.where or 'true'}")
