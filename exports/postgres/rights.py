"""Who may read what: group roles without a login, and a table by which the administrator says who sees which stores.

analyst reads the marts. call_desk reads what a desk works with: the lists and dossiers with names and phones, and the
words of codes. pay_desk reads pay per person. Nobody else reads anything, and of a table with store_id a
reader sees the rows of the stores that access.reader_store gives to their login or to a role that it is a member of:
none by default, every store by '*'. The owner of the tables and superusers see everything, as always in PostgreSQL.
"""

from __future__ import annotations

import psycopg
from psycopg.sql import SQL, Identifier

from exports.dictionary import declared_models
from exports.postgres.server import ServerNotLoadedError
from exports.postgres.tables import Table

ROLES = ("analyst", "call_desk", "pay_desk")
POLICY = "by_store"
DESK_MARTS = ("dim_label", "dim_segment", "dim_statutory_day", "dim_store", "kpi_source_status")
"""What call_desk reads of the marts: words, and how old the sources are. Ladders and gift packages are internal costing."""
DESK_WORDS = ("dropdown",)
"""What call_desk reads of schema restricted although it has no store: words. Numbers and people of all stores it does not."""

ACCESS = """
create schema if not exists access;
create table if not exists access.reader_store (
    role_name text not null, store_id text not null, primary key (role_name, store_id)
);
create table if not exists access.loaded_night (schema_name text primary key, as_of date not null, build_id text not null);
create table if not exists access.loaded_table (
    schema_name text not null, table_name text not null, records bigint not null, primary key (schema_name, table_name)
);
create or replace function access.my_stores() returns text[] language sql stable security definer
    set search_path = pg_catalog, pg_temp as $$
    select coalesce(array_agg(given.store_id), '{}') || case when count(*) > 0 then '{*}'::text[] else '{}' end
    from access.reader_store as given
    join pg_catalog.pg_roles as named on named.rolname = given.role_name
    where pg_catalog.pg_has_role(session_user, named.oid, 'member')
$$;
create or replace function access.sees_every_store() returns boolean language sql stable security definer
    set search_path = pg_catalog, pg_temp as $$
    select exists (
        select 1
        from access.reader_store as given
        join pg_catalog.pg_roles as named on named.rolname = given.role_name
        where given.store_id = '*' and pg_catalog.pg_has_role(session_user, named.oid, 'member')
    )
$$;
revoke all on schema access from public;
revoke all on all tables in schema access from public;
revoke all on all functions in schema access from public;
"""
"""session_user is the login itself: SET ROLE, views and functions of others change nothing in what it sees."""

SEES = "(select access.sees_every_store()) or store_id = any ((select access.my_stores())::text[])"
"""Asked once per query, not per row. Rows of store '*' (parameters for all) are seen by whoever sees any store."""

COMMENTS = {
    "reader_store": "谁能看哪些门店:登录账号或角色 × 门店代码,* 为全部;由管理员填写 · who sees which stores, filled in by the administrator",
    "loaded_night": "各模式现有的夜批 · the night that each schema holds",
    "loaded_table": "各表行数 · rows per table",
}


def prepare(cursor: psycopg.Cursor) -> None:
    """The schema `access` and the group roles, made where they are missing. Raises ServerNotLoadedError."""
    _make_roles(cursor)
    cursor.execute(ACCESS.encode())
    readers = SQL(", ").join(map(Identifier, ROLES))
    cursor.execute(SQL("grant usage on schema access to {}").format(readers))
    cursor.execute(SQL("grant select on access.loaded_night, access.loaded_table to {}").format(readers))
    cursor.execute(SQL("grant execute on function access.my_stores(), access.sees_every_store() to {}").format(readers))
    for table, words in COMMENTS.items():
        cursor.execute(SQL("comment on table access.{} is {}").format(Identifier(table), words))


def _make_roles(cursor: psycopg.Cursor) -> None:
    known = cursor.execute(
        "select rolname, rolcanlogin or rolsuper or rolbypassrls from pg_roles where rolname = any (%s)", [list(ROLES)]
    ).fetchall()
    taken = sorted(name for name, is_somebody in known if is_somebody)
    if taken:
        raise ServerNotLoadedError(
            f"服务器上已有名为 {'、'.join(taken)} 的登录账号,这些名称留给角色组使用;请改名或换一台服务器",
            f"{', '.join(taken)} is a login on this server, but that name is a group role's; rename it or use another "
            "server",
        )
    missing = [role for role in ROLES if role not in dict(known)]
    if not missing:
        return
    statements = [f"create role {role} nologin;" for role in missing]
    may_make = cursor.execute("select rolsuper or rolcreaterole from pg_roles where rolname = current_user").fetchone()
    if not may_make or not may_make[0]:
        raise ServerNotLoadedError(
            f"缺少角色 {'、'.join(missing)},而账号无权创建;请管理员执行:{' '.join(statements)}",
            f"the roles {', '.join(missing)} are missing and the account may not make them; the administrator runs: "
            f"{' '.join(statements)}",
        )
    for statement in statements:
        cursor.execute(statement.encode())


def grant(cursor: psycopg.Cursor, schema: str, loaded: list[Table]) -> None:
    """Nothing for the public, and for each role what it may read of a schema."""
    here = Identifier(schema)
    everybody = SQL(", ").join(map(Identifier, ROLES))
    cursor.execute(SQL("revoke all on schema {} from public, {}").format(here, everybody))
    cursor.execute(SQL("revoke all on all tables in schema {} from public, {}").format(here, everybody))
    for role in ROLES:
        seen = [table.name for table in loaded if may_read(role, schema, table)]
        if seen:
            names = SQL(", ").join(Identifier(schema, name) for name in seen)
            cursor.execute(SQL("grant usage on schema {} to {}").format(here, Identifier(role)))
            cursor.execute(SQL("grant select on {} to {}").format(names, Identifier(role)))


def may_read(role: str, schema: str, table: Table) -> bool:
    """True if a role reads a table, by the store of its rows if it has one."""
    if schema == "marts":
        return role == "analyst" or (role == "call_desk" and table.name in DESK_MARTS)
    is_pay = declared_models().get(table.name, {}).get("area") == "pay"
    return {
        "analyst": False,
        "call_desk": not is_pay and (table.is_by_store or table.name in DESK_WORDS),
        "pay_desk": is_pay,
    }[role]


def guard(cursor: psycopg.Cursor, schema: str, table: Table) -> None:
    """Row-level security of a new or changed table; the table is locked until the transaction ends."""
    name = Identifier(schema, table.name)
    cursor.execute(SQL("drop policy if exists {} on {}").format(Identifier(POLICY), name))
    if table.is_by_store:
        cursor.execute(SQL("alter table {} enable row level security").format(name))
        cursor.execute(SQL("create policy {} on {} for select using ({})").format(Identifier(POLICY), name, SQL(SEES)))
    else:
        cursor.execute(SQL("alter table {} disable row level security").format(name))
