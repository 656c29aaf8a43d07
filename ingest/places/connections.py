"""A connection as Airflow keeps it, and what is told when its place cannot be used: never an address's secret or a value."""

from __future__ import annotations

import ipaddress
import logging
import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.home import home

for _name in ("asyncssh", "httpx", "httpcore"):  # they log names of files, accounts and whole addresses
    logging.getLogger(_name).setLevel(logging.WARNING)

CAUSES = {
    "HostKeyNotVerifiable": (
        "服务器密钥与登记的不一致,未连接;请与对方核对,确已更换时修改连接中的 host_key",
        "the server's key is not the pinned one, so nothing was sent; ask its owner, and change host_key if it is meant",
    ),
    "PermissionDenied": ("账号或密钥被拒绝", "the account or its key was refused"),
    "PermissionError": ("没有权限或账号被拒绝", "access was refused"),
    "SFTPPermissionDenied": ("没有权限", "access was refused"),
    "SFTPNoSuchFile": ("文件夹或文件不存在", "there is no such folder or file"),
    "SFTPFailure": ("对方无法完成(磁盘已满?)", "the server could not do it (disk full?)"),
    "SFTPConnectionLost": ("连接中断", "the connection broke"),
    "ConnectionLost": ("连接中断", "the connection broke"),
    "FileNotFoundError": ("文件夹或文件不存在", "there is no such folder or file"),
    "NoSuchTableError": ("没有这张表", "there is no such table"),
    "ConnectionRefusedError": ("无法连接", "nothing answers there"),
    "TimeoutError": ("超时", "no answer in time"),
    "ModuleNotFoundError": ("缺少驱动程序,见 docs/sources.md", "its driver is not installed; see docs/sources.md"),
}
"""Why a place cannot be used, by the type of a library's error."""


class SourceDownError(RuntimeError):
    """A source's place cannot be used; the message names the place, and never a secret or a received value."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def cannot(zh: str, en: str, error: BaseException) -> SourceDownError:
    """What cannot be done and why, by the error's type: texts of drivers quote values, addresses and passwords."""
    kinds = [type(each).__name__ for each in _chain(error)]
    known = next((kind for kind in kinds if kind in CAUSES), None)
    why_zh, why_en = CAUSES[known] if known else ("", "")
    name = known or kinds[0]
    return SourceDownError(
        f"{zh}:{why_zh}({name})" if why_zh else f"{zh}({name})",
        f"{en}: {why_en} ({name})" if why_en else f"{en}: {name}",
    )


def _chain(error: BaseException) -> list[BaseException]:
    """An error and those that caused it."""
    found = []
    current: BaseException | None = error
    while current is not None and current not in found:
        found.append(current)
        current = current.__cause__ or current.__context__
    return found


@dataclass(frozen=True)
class Place:
    """An Airflow connection. Nothing of it but its id may stand in a message."""

    id: str
    kind: str
    host: str
    port: int | None
    login: str | None = field(repr=False)
    password: str | None = field(repr=False)
    schema: str
    extra: dict[str, Any] = field(repr=False)

    def options(self, known: Collection[str]) -> dict[str, Any]:
        """The connection's `extra`; an option that nobody reads is refused: a mistyped `sslmode` must not go unseen."""
        unknown = sorted(set(self.extra) - set(known))
        if unknown:
            names = "、".join(repr(name)[:60] for name in unknown)
            raise SourceDownError(
                f"连接 {self.id} 的 extra 中有不认识的选项 {names}",
                f"connection {self.id!r} has unknown options in its extra: {names}; known are {', '.join(sorted(known))}",
            )
        return self.extra

    def need_host(self) -> str:
        """The host; a connection without one is refused."""
        if not self.host:
            raise SourceDownError(f"连接 {self.id} 没有 host", f"connection {self.id!r} names no host")
        return self.host


def connections_file() -> Path:
    """Airflow connections of sources and channels: XUBAO_CONNECTIONS, or connections.yaml in the home."""
    return Path(os.environ.get("XUBAO_CONNECTIONS") or home() / "connections.yaml")


def airflow_environment() -> dict[str, str]:
    """What Airflow needs to find our connections, in a task and outside."""
    return {
        "AIRFLOW_HOME": str(home() / "airflow"),
        "AIRFLOW__SECRETS__BACKEND": "airflow.secrets.local_filesystem.LocalFilesystemBackend",
        "AIRFLOW__SECRETS__BACKEND_KWARGS": f'{{"connections_file_path": "{connections_file()}"}}',
    }


def place(connection: str) -> Place:
    """The connection of this id. Raises SourceDownError if there is none or it cannot be read."""
    from airflow.sdk import Connection

    try:
        found = Connection.get(connection)
        extra = found.extra_dejson
        return Place(
            connection, found.conn_type or "", found.host or "", found.port, found.login or None,
            found.password or None, found.schema or "", extra if isinstance(extra, dict) else {},
        )  # fmt: skip
    except Exception:  # its text may quote the connection
        raise SourceDownError(
            f"Airflow 连接 {connection} 不存在或无法读取,见 docs/sources.md",
            f"the Airflow connection {connection!r} does not exist or cannot be read; see docs/sources.md",
        ) from None


def unknown_kind(where: Place, known: Collection[str]) -> SourceDownError:
    """The answer to a `conn_type` that cannot hold what the spec asks for."""
    kinds = ", ".join(sorted(known))
    return SourceDownError(
        f"连接 {where.id} 的 conn_type 不适用,可用:{kinds}",
        f"connection {where.id!r} has a conn_type that does not fit; there are {kinds}",
    )


def refuse_plain(where: Place, scheme: str | None, host: str | None) -> None:
    """Raise SourceDownError for an address without TLS, except on this machine."""
    if scheme == "http" and not is_loopback(host or ""):
        raise SourceDownError(
            f"连接 {where.id} 未加密(http 只允许本机);请改用 https",
            f"connection {where.id!r} is not encrypted; plain http is for this machine only, use https",
        )


def is_loopback(host: str) -> bool:
    """True for an address of this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
