"""The server as its connection names it: how it is opened, and what is told when it cannot be loaded."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from ingest.places.connections import Place, SourceDownError, is_loopback, place, unknown_kind

VARIABLE = "XUBAO_POSTGRES"
OPTIONS = (
    "restricted", "sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "lock_seconds", "statement_seconds",
)  # fmt: skip
"""What a connection's extra may hold; see docs/bi.md."""
WEAK = ("disable", "allow", "prefer")
"""Values of sslmode under which a connection may go unencrypted."""
CAUSES = {
    "password authentication failed": ("账号或密码被拒绝", "the account or its password was refused"),
    "no pg_hba.conf entry": ("服务器不接受这个账号从本机登录", "the server lets nobody of that name in from here"),
    "certificate": ("服务器证书无法验证", "the server's certificate cannot be verified"),
    "does not support SSL": ("服务器不支持加密", "the server does not encrypt"),
    "does not exist": ("库或账号不存在", "there is no such database or account"),
    "refused": ("无法连接", "nothing answers there"),
    "timeout": ("超时", "no answer in time"),
    "resolve host": ("找不到这台服务器", "there is no server of that name"),
}
"""Why no connection came about, by what libpq says; its text is never passed on, it names account and address."""
DEPENDS = "2BP01"
REFUSED = {
    "42501": ("没有权限", "the account lacks a right"),
    "55P03": ("有表被占用", "a table is held by another session"),
    "57014": ("超过 statement_seconds", "a statement took longer than statement_seconds"),
    "53100": ("服务器磁盘已满", "the server's disk is full"),
    DEPENDS: (
        "其列已变,但还有别的对象依赖它;请先改或删这些视图",
        "its columns changed, but other objects depend on it; alter or drop these first",
    ),
    "42P07": ("同名的表或视图已存在", "a table or view of that name is already there"),
}
"""Why the server refused a statement, by SQLSTATE."""


class ServerNotLoadedError(RuntimeError):
    """The server could not be loaded; what it holds stays in force. The message quotes no value."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh};服务器上原有的数据仍然有效 · {en}; what the server holds stays in force")


@dataclass(frozen=True)
class Server:
    """Where to load, and how long to wait."""

    place: Place
    has_restricted: bool
    lock_seconds: float
    """How long a statement waits for a table that somebody holds."""
    statement_seconds: float
    """How long one statement may take."""


def server() -> Server | None:
    """The server that XUBAO_POSTGRES names; None if nobody wants one. Raises ServerNotLoadedError."""
    name = os.environ.get(VARIABLE)
    if not name:
        return None
    try:
        where = place(name)
        if where.kind != "postgres":
            raise unknown_kind(where, ("postgres",))
        extra = where.options(OPTIONS)
        if not is_loopback(where.need_host()) and extra.get("sslmode") in WEAK:
            raise SourceDownError(
                f"连接 {name} 的 sslmode 允许不加密;请改为 verify-full",
                f"connection {name!r} may go unencrypted by its sslmode; use verify-full",
            )
    except SourceDownError as error:
        raise ServerNotLoadedError(error.zh, error.en) from None
    is_restricted = extra.get("restricted", False)
    seconds = [extra.get("lock_seconds", 10), extra.get("statement_seconds", 1800)]
    if not isinstance(is_restricted, bool) or not all(isinstance(n, int | float) and n > 0 for n in seconds):
        raise ServerNotLoadedError(
            f"连接 {name} 的 extra 有误:restricted 只能是 true 或 false,lock_seconds 与 statement_seconds 是大于 0 的秒数",
            f"the extra of connection {name!r} cannot be used: restricted is true or false, lock_seconds and "
            "statement_seconds are seconds above 0",
        )
    return Server(where, is_restricted, *seconds)


@contextlib.contextmanager
def opened(to: Server) -> Iterator[psycopg.Connection]:
    """A connection in autocommit; what goes wrong inside is told without values. Raises ServerNotLoadedError."""
    where = to.place
    given = {"connect_timeout": 10} | {name: where.extra[name] for name in OPTIONS[1:6] if name in where.extra}
    if not is_loopback(where.host):
        given = {"sslmode": "verify-full"} | given
    if given.get("sslmode") == "verify-full":
        given = {"sslrootcert": "system"} | given
    zh, en = f"PostgreSQL(连接 {where.id})无法载入", f"PostgreSQL (connection {where.id!r}) could not be loaded"
    try:
        connection = psycopg.connect(
            host=where.host, port=where.port, user=where.login, password=where.password,
            dbname=where.schema or where.login, autocommit=True, client_encoding="utf8", application_name="xubao",
            keepalives_idle=30, keepalives_interval=10, keepalives_count=3, tcp_user_timeout=60_000,
            **given,
        )  # fmt: skip
    except psycopg.Error as error:
        raise ServerNotLoadedError(*_why(zh, en, _told(str(error)), type(error).__name__)) from None
    try:
        with connection:
            yield connection
    except psycopg.Error as error:
        about = getattr(error, "about", None)
        if error.sqlstate == DEPENDS and error.diag.message_detail:  # names of objects, not values
            about = f"{about} ({error.diag.message_detail.replace(chr(10), '; ')})"
        what = (f"{zh}:{about}", f"{en}: {about}") if about else (zh, en)
        name = f"{type(error).__name__} {error.sqlstate}" if error.sqlstate else type(error).__name__
        lost = ("连接中断", "the connection broke") if connection.broken else None
        raise ServerNotLoadedError(*_why(*what, REFUSED.get(error.sqlstate or "", lost), name)) from None


def _told(text: str) -> tuple[str, str] | None:
    return next((why for part, why in CAUSES.items() if part in text), None)


def _why(zh: str, en: str, why: tuple[str, str] | None, name: str) -> tuple[str, str]:
    return (f"{zh}:{why[0]}({name})", f"{en}: {why[1]} ({name})") if why else (f"{zh}({name})", f"{en}: {name}")
