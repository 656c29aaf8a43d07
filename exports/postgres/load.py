"""Load a published night into PostgreSQL: one transaction, so that readers see the old night or the new one, whole.

Rows are replaced by DELETE and COPY: readers go on with the old rows and wait for nothing, and views that analysts made
on the tables stay. Only a table whose columns changed, or that is gone, is locked, at the very end and for a moment.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import psycopg
from psycopg.sql import SQL, Composable, Identifier

from exports.postgres import rights
from exports.postgres.server import Server, ServerNotLoadedError, opened
from exports.postgres.tables import Table, lines, tables
from exports.shelf import as_of_of, open_read_only
from ingest.home import log, read_json

FILES = {"marts": "analytics.duckdb", "restricted": "restricted.duckdb"}
"""Schema → the published file that it holds."""
ONE_AT_A_TIME = 0x7875_6261_6F
"""Number of the lock that two loads at once would share."""


@dataclass(frozen=True)
class Loaded:
    """What a load brought."""

    tables: int
    rows: int


@dataclass
class _Room:
    """A schema of the server, and what it holds before and after."""

    schema: str
    file: duckdb.DuckDBPyConnection | None
    wanted: list[Table]
    before: dict[str, dict[str, str]]
    """Table that an earlier load made → its columns → their types."""

    @property
    def changed(self) -> list[Table]:
        return [t for t in self.wanted if t.name in self.before and self.before[t.name] != _shape(t)]

    @property
    def gone(self) -> list[str]:
        return sorted(set(self.before) - {table.name for table in self.wanted})


def load(published: Path, to: Server) -> Loaded:
    """Put the night of a published folder into the server. Raises ServerNotLoadedError; then the old night is in force.

    Idempotent. Schema `restricted` is filled if the connection says so, else whatever it held is removed.
    """
    as_of, build_id = as_of_of(published), str(read_json(published / "manifest.json")["build_id"])
    done = Loaded(0, 0)
    with opened(to) as connection, contextlib.ExitStack() as files:
        with connection.transaction(), connection.cursor() as cursor:
            _begin(cursor, to)
            rights.prepare(cursor)
            _raise_if_older(cursor, as_of)
            rooms = [_room(cursor, schema, published, to, files) for schema in FILES]
            for room in rooms:
                done = _fill(cursor, room, done)
            for room in rooms:
                _note(cursor, room, as_of, build_id)
            for room in rooms:
                _reshape(cursor, room)
            for room in rooms:
                _finish(cursor, room)
        _tidy(connection, rooms)
    return done


def _begin(cursor: psycopg.Cursor, to: Server) -> None:
    """Limits of waiting, and the claim on what is ours. Raises ServerNotLoadedError."""
    for name, seconds in (("lock_timeout", to.lock_seconds), ("statement_timeout", to.statement_seconds)):
        cursor.execute("select set_config(%s, %s, false)", [name, f"{int(seconds * 1000)}ms"])
    if cursor.execute("select pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME]).fetchone() != (True,):
        raise ServerNotLoadedError("另一次载入正在进行", "another load is at work")
    if cursor.execute("show server_encoding").fetchone() != ("UTF8",):
        raise ServerNotLoadedError(
            "数据库的编码不是 UTF8;请用 UTF8 新建数据库", "the database is not in UTF8; make one that is"
        )
    is_ours = cursor.execute("select to_regclass('access.loaded_table') is not null").fetchone() == (True,)
    there = cursor.execute(
        "select nspname from pg_namespace where nspname = any (%s) order by 1", [["access", *FILES]]
    ).fetchall()
    if there and not is_ours:
        names = ", ".join(name for (name,) in there)
        raise ServerNotLoadedError(
            f"数据库中已有不属于续保的模式 {names},不会覆盖;请换一个空的数据库",
            f"the database has schemas of somebody else's by our names ({names}), which are not touched; give it an "
            "empty database",
        )


def _raise_if_older(cursor: psycopg.Cursor, as_of: date) -> None:
    newest = cursor.execute("select max(as_of) from access.loaded_night").fetchone()
    if newest and newest[0] and newest[0] > as_of:
        raise ServerNotLoadedError(
            f"服务器上已是 {newest[0]} 的数据,比 {as_of} 新",
            f"the server holds {newest[0]}, which is newer than {as_of}",
        )


def _room(cursor: psycopg.Cursor, schema: str, published: Path, to: Server, files: contextlib.ExitStack) -> _Room:
    before: dict[str, dict[str, str]] = {}
    for table, column, kind in cursor.execute(
        """
        select loaded.table_name, attribute.attname, format_type(attribute.atttypid, attribute.atttypmod)
        from access.loaded_table as loaded
        join pg_class as relation on relation.relname = loaded.table_name
        join pg_namespace as room on room.oid = relation.relnamespace and room.nspname = loaded.schema_name
        join pg_attribute as attribute on attribute.attrelid = relation.oid
        where loaded.schema_name = %s and attribute.attnum > 0 and not attribute.attisdropped
        """,
        [schema],
    ):
        before.setdefault(table, {})[column] = kind
    if schema == "restricted" and not to.has_restricted:
        return _Room(schema, None, [], before)
    file = files.enter_context(open_read_only(published / FILES[schema]))
    return _Room(schema, file, tables(file, schema), before)


def _shape(table: Table) -> dict[str, str]:
    return {column.name: column.type for column in table.columns}


def _fill(cursor: psycopg.Cursor, room: _Room, done: Loaded) -> Loaded:
    """New rows for old: in place, or beside the table where its columns have changed."""
    if room.wanted:
        cursor.execute(SQL("create schema if not exists {}").format(Identifier(room.schema)))
    for table in room.wanted:
        with _about(f"{room.schema}.{table.name}"):
            target = Identifier(room.schema, table.name)
            if table.name not in room.before:
                _create(cursor, SQL("create table"), target, table)
                rights.guard(cursor, room.schema, table)
            elif table in room.changed:
                target = _beside(room.schema, table)
                _create(cursor, SQL("create temporary table"), target, table, " on commit drop")
            else:
                cursor.execute(SQL("delete from {}").format(target))
            done = Loaded(done.tables + 1, done.rows + _copy(cursor, target, room, table))
    return done


def _beside(schema: str, table: Table) -> Identifier:
    return Identifier("pg_temp", f"{schema}.{table.name}"[:63])


def _create(cursor: psycopg.Cursor, what: SQL, name: Identifier, table: Table, end: str = "") -> None:
    columns = SQL(", ").join(SQL("{} {}").format(Identifier(c.name), SQL(c.type)) for c in table.columns)
    cursor.execute(what + SQL(" {} ({})").format(name, columns) + SQL(end))


def _copy(cursor: psycopg.Cursor, target: Identifier, room: _Room, table: Table) -> int:
    """Rows sent; the server has to have counted the same."""
    rows = 0
    with cursor.copy(SQL("copy {} ({}) from stdin").format(target, _names(table))) as copy:
        for piece, count in lines(room.file, room.schema, table):
            copy.write(piece)
            rows += count
    if cursor.rowcount != rows:
        raise ServerNotLoadedError(
            f"{table.name}:发送 {rows} 行,服务器收到 {cursor.rowcount} 行",
            f"{table.name}: {rows} rows were sent, the server took {cursor.rowcount}",
        )
    cursor.execute(
        "insert into access.loaded_table values (%s, %s, %s) "
        "on conflict (schema_name, table_name) do update set records = excluded.records",
        [room.schema, table.name, rows],
    )
    return rows


def _names(table: Table) -> Composable:
    return SQL(", ").join(Identifier(column.name) for column in table.columns)


def _note(cursor: psycopg.Cursor, room: _Room, as_of: date, build_id: str) -> None:
    """Which night a schema holds."""
    if not room.wanted:
        cursor.execute("delete from access.loaded_night where schema_name = %s", [room.schema])
        return
    cursor.execute(
        "insert into access.loaded_night values (%s, %s, %s) "
        "on conflict (schema_name) do update set as_of = excluded.as_of, build_id = excluded.build_id",
        [room.schema, as_of, build_id],
    )


def _reshape(cursor: psycopg.Cursor, room: _Room) -> None:
    """Give changed tables their columns, and remove what is gone: this locks them until the commit, which is near.

    A column of another type is dropped and added, never rewritten: a rewrite would look empty to readers of an older
    moment.
    """
    for table in room.changed:
        name, before, after = Identifier(room.schema, table.name), room.before[table.name], _shape(table)
        with _about(f"{room.schema}.{table.name}"):
            cursor.execute(SQL("drop policy if exists {} on {}").format(Identifier(rights.POLICY), name))
            for column in (column for column, kind in before.items() if after.get(column) != kind):
                with _about(f"{room.schema}.{table.name}.{column}"):
                    cursor.execute(SQL("alter table {} drop column {}").format(name, Identifier(column)))
            for column in (c for c in table.columns if before.get(c.name) != c.type):
                cursor.execute(
                    SQL("alter table {} add column {} {}").format(name, Identifier(column.name), SQL(column.type))
                )
            rights.guard(cursor, room.schema, table)
            cursor.execute(SQL("delete from {}").format(name))
            names, beside = _names(table), _beside(room.schema, table)
            cursor.execute(SQL("insert into {} ({}) select {} from {}").format(name, names, names, beside))
    for gone in room.gone:
        with _about(f"{room.schema}.{gone}"):
            cursor.execute(SQL("drop table {}").format(Identifier(room.schema, gone)))
            cursor.execute(
                "delete from access.loaded_table where schema_name = %s and table_name = %s", [room.schema, gone]
            )


def _finish(cursor: psycopg.Cursor, room: _Room) -> None:
    """Rights, and the descriptions that are new."""
    if not room.wanted:
        return
    rights.grant(cursor, room.schema, room.wanted)
    there = {
        (table, column): comment
        for table, column, comment in cursor.execute(
            """
            select relation.relname, attribute.attname, described.description
            from pg_description as described
            join pg_class as relation on relation.oid = described.objoid and described.classoid = 'pg_class'::regclass
            join pg_namespace as room on room.oid = relation.relnamespace and room.nspname = %s
            left join pg_attribute as attribute
                on attribute.attrelid = relation.oid and attribute.attnum = described.objsubid and attribute.attnum > 0
            """,
            [room.schema],
        )
    }
    for table in room.wanted:
        if there.get((table.name, None)) != table.comment:
            name = Identifier(room.schema, table.name)
            cursor.execute(SQL("comment on table {} is {}").format(name, table.comment))
        for column in table.columns:
            if there.get((table.name, column.name)) != column.comment:
                name = Identifier(room.schema, table.name, column.name)
                cursor.execute(SQL("comment on column {} is {}").format(name, column.comment))


def _tidy(connection: psycopg.Connection, rooms: list[_Room]) -> None:
    """Give the space of the old rows free and count anew for the planner. The night is loaded, whatever comes of it."""
    for room in rooms:
        for table in room.wanted:
            try:
                connection.execute(SQL("vacuum (analyze, skip_locked) {}").format(Identifier(room.schema, table.name)))
            except psycopg.Error as error:
                log("postgres", f"vacuum of {room.schema}.{table.name} was left out ({type(error).__name__})")
                if connection.broken:
                    return


@contextlib.contextmanager
def _about(what: str) -> Iterator[None]:
    """Say of an error of the server which table it is about."""
    try:
        yield
    except psycopg.Error as error:
        if not hasattr(error, "about"):
            error.about = what  # type: ignore[attr-defined]
        raise
