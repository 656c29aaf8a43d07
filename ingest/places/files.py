"""Folders of files: local, behind SFTP, in object storage. Read through fsspec, which Airflow's object paths wrap."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ingest.limits import MIB
from ingest.places.connections import Place, SourceDownError, cannot, place, refuse_plain, unknown_kind
from ingest.places.names import changed_name, is_unfinished, safe_name

CHUNK = 4 * MIB
FILE_OPTIONS = ("path", "settle_seconds")
SFTP_OPTIONS = (
    *FILE_OPTIONS, "host_key", "known_hosts", "key_file", "private_key", "private_key_passphrase", "timeout_seconds",
)  # fmt: skip
S3_OPTIONS = (
    *FILE_OPTIONS, "endpoint_url", "region_name", "aws_session_token", "addressing_style", "ca_file", "timeout_seconds",
)  # fmt: skip
SFTP_SETTLE_SECONDS = 2.0
"""Between two looks at a folder behind SFTP: uploads go straight into it, with the final name from the start."""
pause = time.sleep


@dataclass(frozen=True)
class RemoteFile:
    """A file at its source. `name` is safe (names.py); `stamp` changes when the file does: size, time, perhaps a tag."""

    name: str
    size: int
    stamp: list[Any]
    path: str = field(repr=False)
    folder: Folder = field(repr=False)

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file, a piece at a time. Raises whatever the place's library raises."""
        with self.folder.place.open(self.path, "rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def is_unchanged(self) -> bool:
        """True if the file still is what it was when its folder was listed."""
        return _stamp(self.folder.place.info(self.path)) == self.stamp


@dataclass
class Folder:
    """A folder of files at a source. `place` is an fsspec file system, made by `make` from the connection."""

    where: Place
    make: Callable[[Place], tuple[Any, str, float]] = field(repr=False)

    def __post_init__(self) -> None:
        self._moving: set[str] | None = None
        self.reopen()

    def reopen(self) -> None:
        """Open the place (anew, if its connection broke). Raises SourceDownError."""
        name = self.where.id
        try:
            self.place, self.path, settle = self.make(self.where)
            self.settle_seconds = float(self.where.extra.get("settle_seconds", settle))
        except SourceDownError:
            raise
        except Exception as error:
            raise cannot(f"连接 {name} 无法打开", f"connection {name!r} cannot be opened", error) from None

    def files(self) -> list[RemoteFile]:
        """Its files by name, without uploads in progress. Raises SourceDownError if it cannot be listed."""
        try:
            self.place.invalidate_cache()
            entries = [_resolved(self.place, entry) for entry in self._entries()]
        except Exception as error:  # each client library has errors of its own; a source's trouble is a verdict
            raise cannot(
                f"连接 {self.where.id} 的文件夹无法列出",
                f"the folder of connection {self.where.id!r} cannot be listed",
                error,
            ) from None
        found: dict[str, RemoteFile] = {}
        for entry in sorted(entries, key=lambda entry: entry["name"]):
            raw = entry["name"].rstrip("/").rsplit("/", 1)[-1]
            if entry["type"] == "file" and raw and not is_unfinished(raw):
                name = safe_name(raw)
                name = changed_name(raw) if name in found else name  # the same name in two encodings
                found[name] = RemoteFile(name, entry["size"], _stamp(entry), entry["name"], self)
        return sorted(found.values(), key=lambda file: file.name)

    def moving(self, present: list[RemoteFile]) -> set[str]:
        """Names that changed between the first look and a second one, settle_seconds later. Looks once per folder.

        Only what the place says is compared, so it does not matter whose clock is wrong. Raises SourceDownError.
        """
        if self._moving is None:
            now = {file.name: file.stamp for file in present}
            if self.settle_seconds > 0:
                pause(self.settle_seconds)
                now = {file.name: file.stamp for file in self.files()}
            self._moving = {file.name for file in present if now.get(file.name) != file.stamp}
        return self._moving

    def _entries(self) -> list[dict[str, Any]]:
        try:
            return self.place.ls(self.path, detail=True)
        except FileNotFoundError:
            bucket = self.path.strip("/").split("/", 1)[0]
            if "s3" in self.place.protocol and bucket and self.place.exists(bucket):
                return []  # object storage has no empty folders
            raise


def open_folder(connection: str) -> Folder:
    """The folder that a connection names. Raises SourceDownError if the place cannot be reached."""
    where = place(connection)
    make = {"file": _local, "sftp": _sftp, "s3": _s3, "aws": _s3}.get(where.kind)
    if make is None:
        raise unknown_kind(where, ("file", "sftp", "s3"))
    return Folder(where, make)


def _resolved(opened: Any, entry: dict[str, Any]) -> dict[str, Any]:
    """An entry; of a link, what it points to (nothing if that is gone)."""
    if entry["type"] == "link" or entry.get("islink"):
        try:
            return {**opened.info(entry["name"]), "name": entry["name"]}
        except Exception:  # gone, a circle, not ours to read: no reason to take nothing at all
            return {**entry, "type": "gone"}
    return entry


def _stamp(info: dict[str, Any]) -> list[Any]:
    moment = info.get("mtime", info.get("LastModified"))
    return [info["size"], str(moment), *([info["ETag"]] if "ETag" in info else [])]


def _local(where: Place) -> tuple[Any, str, float]:
    from fsspec.implementations.local import LocalFileSystem

    where.options(FILE_OPTIONS)
    path = where.extra.get("path") or where.schema
    if not path:
        raise SourceDownError(
            f"连接 {where.id} 没有 path", f"connection {where.id!r} names no folder: give extra: {{path: …}}"
        )
    return LocalFileSystem(skip_instance_cache=True), str(path), 0.0


def _sftp(where: Place) -> tuple[Any, str, float]:
    """A folder behind SFTP."""
    from sshfs import SSHFileSystem

    extra = where.options(SFTP_OPTIONS)
    opened = SSHFileSystem(
        where.need_host(),
        **ssh_options(where),
        sftp_client_kwargs={"path_errors": "surrogateescape"},
        skip_instance_cache=True,
    )
    return opened, str(extra.get("path") or where.schema or "."), SFTP_SETTLE_SECONDS


def ssh_options(where: Place) -> dict[str, Any]:
    """How asyncssh connects: only if the server shows the pinned key; nothing of this machine's ~/.ssh is used.

    Raises SourceDownError, and whatever asyncssh raises about the connection's own key.
    """
    import asyncssh

    extra = where.options(SFTP_OPTIONS)
    key, key_file, phrase = (extra.get(name) for name in ("private_key", "key_file", "private_key_passphrase"))
    keys = [asyncssh.import_private_key(key, phrase)] if key else []
    keys += [asyncssh.read_private_key(key_file, phrase)] if key_file else []
    seconds = float(extra.get("timeout_seconds", 30))
    return {
        "port": where.port or 22, "username": where.login or "", "password": where.password,
        "client_keys": keys or None, "known_hosts": _pinned(where, extra), "agent_path": None, "config": None,
        "gss_host": None, "keepalive_interval": 15, "login_timeout": seconds, "connect_timeout": seconds,
    }  # fmt: skip


def _pinned(where: Place, extra: dict[str, Any]) -> Any:
    """The server's keys as the connection pins them: `host_key` (one or more lines) or `known_hosts` (text or file)."""
    import asyncssh

    text, hosts = extra.get("host_key"), extra.get("known_hosts")
    if not text and not hosts:
        raise SourceDownError(
            f"连接 {where.id} 没有登记服务器密钥,未连接;请向对方索取并写入 extra 的 host_key",
            f"connection {where.id!r} pins no server key, so nothing was sent: ask the server's owner for it "
            "(on the server: cat /etc/ssh/ssh_host_ed25519_key.pub) and give it as host_key in the connection's extra",
        )
    try:
        if text:
            lines = [
                line if line.startswith(("ssh-", "ecdsa-", "sk-")) else f"ssh-rsa {line}" for line in text.split("\n")
            ]
            return [asyncssh.import_public_key(line) for line in lines if line.split()[1:]], [], []
        return asyncssh.import_known_hosts(hosts) if " " in hosts else asyncssh.read_known_hosts(hosts)
    except Exception:  # its text quotes the line
        raise SourceDownError(
            f"连接 {where.id} 的 host_key 或 known_hosts 无法读取",
            f"host_key or known_hosts of connection {where.id!r} cannot be read: a line looks like `ssh-ed25519 AAAA…`",
        ) from None


def _s3(where: Place) -> tuple[Any, str, float]:
    """A folder (bucket/prefix) in object storage. Without a login it is read anonymously: no key of this machine's is used."""
    from s3fs import S3FileSystem

    extra = where.options(S3_OPTIONS)
    style = {"s3": {"addressing_style": extra["addressing_style"]}} if "addressing_style" in extra else {}
    address = urlsplit(extra.get("endpoint_url") or "https://")
    refuse_plain(where, address.scheme, address.hostname)
    seconds = float(extra.get("timeout_seconds", 30))
    opened = S3FileSystem(
        anon=not where.login,
        key=where.login,
        secret=where.password,
        token=extra.get("aws_session_token"),
        endpoint_url=extra.get("endpoint_url"),
        client_kwargs={
            **({"region_name": extra["region_name"]} if "region_name" in extra else {}),
            **({"verify": extra["ca_file"]} if "ca_file" in extra else {}),
        },
        config_kwargs={"connect_timeout": seconds, "read_timeout": seconds, "retries": {"max_attempts": 3}, **style},
        default_block_size=CHUNK,
        use_listings_cache=False,
        skip_instance_cache=True,
    )
    path = str(extra.get("path") or where.schema)
    if not path.strip("/"):
        raise SourceDownError(
            f"连接 {where.id} 没有 path",
            f"connection {where.id!r} names no bucket: give extra: {{path: bucket/folder}}",
        )
    return opened, path.strip("/"), 0.0
