"""Databases behind connections: one SQLAlchemy engine that reads, never writes, and looks at one moment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ingest.places.connections import Place, SourceDownError, unknown_kind


@dataclass(frozen=True)
class Kind:
    """A kind of database. `options`: names in a connection's extra → arguments of the driver (empty: of the address)."""

    driver: str
    options: dict[str, str]
    session: tuple[str, ...] = ()
    """Statements at the start of a session."""
    isolation: str | None = "REPEATABLE READ"
    """So that a long read sees one moment."""


MYSQL = Kind(
    "mysql+pymysql",
    {
        "ssl_ca": "ssl_ca", "ssl_cert": "ssl_cert", "ssl_key": "ssl_key", "ssl_verify_identity": "ssl_verify_identity",
        "charset": "charset", "connect_timeout": "connect_timeout", "read_timeout": "read_timeout",
    },
    ("set time_zone = '+00:00'", "set session transaction read only"),
)  # fmt: skip
KINDS = {
    "sqlite": Kind("sqlite", {}, isolation=None),
    "postgres": Kind(
        "postgresql+psycopg",
        {name: name for name in ("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout")},
        ("set session characteristics as transaction read only", "set time zone 'UTC'", "set datestyle = 'ISO, YMD'"),
    ),
    "mysql": MYSQL,
    "mariadb": MYSQL,
    "mssql": Kind("mssql+pymssql", {"timeout": "timeout", "login_timeout": "login_timeout"}, isolation=None),
    "oracle": Kind("oracle+oracledb", {"service_name": ""}, isolation="SERIALIZABLE"),
}  # fmt: skip
"""By an Airflow connection's conn_type. SQL Server and Oracle need their driver installed (docs/sources.md)."""


def zone() -> ZoneInfo:
    """The installation's time zone."""
    return ZoneInfo(os.environ.get("XUBAO_TIMEZONE", "Asia/Shanghai"))


def engine(where: Place) -> sa.Engine:
    """An engine for a connection that cannot write. Raises SourceDownError for a kind nobody knows."""
    kind = KINDS.get(where.kind)
    if kind is None:
        raise unknown_kind(where, KINDS)
    extra = where.options(kind.options)
    if where.kind == "sqlite":
        return _sqlite(where)
    given: dict[str, Any] = {"connect_timeout": 20} if "connect_timeout" in kind.options else {}
    given |= {kind.options[name]: value for name, value in extra.items() if kind.options[name]}
    if where.kind in ("mysql", "mariadb"):
        given = {"read_timeout": 900, "charset": "utf8mb4", "conv": _decoders()} | given
        if "ssl_ca" in given:
            given.setdefault("ssl_verify_identity", True)
    url = sa.URL.create(
        kind.driver, username=where.login, password=where.password, host=where.need_host(), port=where.port,
        database=where.schema or None,
        query={"service_name": extra["service_name"]} if "service_name" in extra else {},
    )  # fmt: skip
    made = sa.create_engine(
        url, connect_args=given, hide_parameters=True, poolclass=sa.NullPool,
        **({"isolation_level": kind.isolation} if kind.isolation else {}),
    )  # fmt: skip

    @sa.event.listens_for(made, "connect")
    def _start(raw: Any, _: Any) -> None:
        if where.kind == "postgres":
            _as_written(raw)
        cursor = raw.cursor()
        for statement in kind.session:
            cursor.execute(statement)
        cursor.close()
        raw.commit()

    return made


def _sqlite(where: Place) -> sa.Engine:
    """A SQLite file, opened for reading only: one that is missing is not made, bytes that are no text become U+FFFD."""
    import sqlite3

    path = where.host or where.schema
    if not path:
        raise SourceDownError(f"连接 {where.id} 没有 host", f"connection {where.id!r} names no file: give it as host")

    def connect() -> sqlite3.Connection:
        opened = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, check_same_thread=False, timeout=60)
        opened.text_factory = lambda text: text.decode("utf-8", "replace")
        return opened

    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool, hide_parameters=True)


def _as_written(raw: Any) -> None:
    """Days, moments and decimals come as PostgreSQL writes them: Python's date cannot hold infinity or year 0."""
    from psycopg.types.string import TextLoader

    for name in ("date", "timestamp", "timestamptz", "time", "timetz", "interval", "numeric"):
        raw.adapters.register_loader(name, TextLoader)


def _decoders() -> dict[Any, Any]:
    """PyMySQL's conversions without those of days, moments and decimals, which come as the server writes them."""
    from pymysql.constants import FIELD_TYPE as KIND
    from pymysql.converters import conversions

    written = {KIND.DATE, KIND.DATETIME, KIND.TIMESTAMP, KIND.TIME, KIND.DECIMAL, KIND.NEWDECIMAL}
    return {kind: how for kind, how in conversions.items() if kind not in written}
