"""Channel `sftp`: a folder behind SFTP with one folder per recipient. Exactly once, to the pinned server only."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import asyncssh

from exports.channels.placing import one_by_one, place_file, target_of, withdraw_file
from exports.channels.settings import SftpSettings
from exports.channels.shipping import ChannelDownError, Claimed, NotDeliveredError, Outgoing, Shipment, reached
from ingest.places.connections import Place, SourceDownError, cannot, place, unknown_kind
from ingest.places.files import ssh_options

CHUNK = 256 * 1024
"""Bytes that have `timeout_seconds` to get through."""
FOR_GOOD = (asyncssh.HostKeyNotVerifiable, asyncssh.PermissionDenied, asyncssh.KeyExchangeFailed)
"""Why a server cannot be used that will not be better in a minute."""
LOST = (OSError, TimeoutError, asyncssh.DisconnectError, asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)
Answer = TypeVar("Answer")


class Sftp:
    """A folder behind SFTP as a channel and as a destination."""

    can_look = True

    def __init__(self, settings: SftpSettings, as_of: date) -> None:
        self._day = str(as_of)
        try:
            self._where = place(settings.connection)
            if self._where.kind != "sftp":
                raise unknown_kind(self._where, ("sftp",))
            self._host, self._options = self._where.need_host(), _options(self._where)
        except SourceDownError as error:
            raise ChannelDownError(error.zh, error.en) from None
        extra = self._where.extra
        self._root = str(extra.get("path") or self._where.schema or ".").rstrip("/")
        self._seconds = float(extra.get("timeout_seconds", 30))
        self._runner = asyncio.Runner()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._sftp: asyncssh.SFTPClient | None = None
        self._made: set[str] = set()

    def pack(self, files: Mapping[tuple[str, tuple[str, ...]], Sequence[Outgoing]]) -> list[Shipment]:
        """A shipment per file."""
        return one_by_one(files)

    def ready(self) -> None:
        """Log in unless logged in. Raises ChannelDownError."""
        if self._sftp is None:
            with self._told():
                self._connection = self._run(asyncssh.connect(self._host, **self._options))
                reached("connected")
                self._sftp = self._run(self._connection.start_sftp_client())

    def hand_over(self, shipment: Shipment, claim: Claimed) -> dict[str, Any] | None:
        """Put the file in place, unless it has arrived."""
        file = shipment.files[0]
        with self._told():
            is_new = place_file(self, file, target_of(file, shipment.addresses[0], self._day), claim)
        return {} if is_new else None

    def withdraw(self, shipment: Shipment, claim: Claimed) -> bool:
        """Let go of a file, unless it has arrived."""
        file = shipment.files[0]
        with self._told():
            return withdraw_file(self, target_of(file, shipment.addresses[0], self._day), claim)

    def close(self) -> None:
        """Log out."""
        self._drop()
        self._runner.close()

    def has(self, path: str) -> bool:
        return self._run(self._client.exists(self._at(path)))

    def fingerprint(self, path: str) -> tuple[int, str]:
        return self._runner.run(self._read(self._at(path)))

    def write(self, path: str, source: Path) -> None:
        self._runner.run(self._write(self._at(path), source))

    def move(self, path: str, target: str) -> None:
        """SFTP's own rename, which does not overwrite (OpenSSH's posix-rename would)."""
        try:
            self._run(self._client.rename(self._at(path), self._at(target)))
        except asyncssh.SFTPError as error:
            if not isinstance(error, LOST) and self.has(target):
                raise FileExistsError from None
            raise

    def remove(self, path: str) -> None:
        self._run(self._client.remove(self._at(path)))

    async def _read(self, path: str) -> tuple[int, str]:
        size, digest = 0, hashlib.sha256()
        async with await self._in_time(self._client.open(path, "rb")) as file:
            while chunk := await self._in_time(file.read(CHUNK)):
                size += len(chunk)
                digest.update(chunk)
        return size, digest.hexdigest()

    async def _write(self, path: str, source: Path) -> None:
        folder = path.rpartition("/")[0]
        if folder not in self._made:
            await self._in_time(self._client.makedirs(folder, exist_ok=True))
            self._made.add(folder)
        async with await self._in_time(self._client.open(path, "wb")) as file:
            with source.open("rb") as reader:
                while chunk := reader.read(CHUNK):
                    await self._in_time(file.write(chunk))
            with contextlib.suppress(asyncssh.SFTPOpUnsupported):
                await self._in_time(file.fsync())

    @property
    def _client(self) -> asyncssh.SFTPClient:
        assert self._sftp is not None
        return self._sftp

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _run(self, asked: Awaitable[Answer]) -> Answer:
        return self._runner.run(self._in_time(asked))

    async def _in_time(self, asked: Awaitable[Answer]) -> Answer:
        async with asyncio.timeout(self._seconds):
            return await asked

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.abort()
        self._connection = self._sftp = None

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """What asyncssh raises, as what it means for the delivery."""
        zh, en = f"连接 {self._where.id} 无法交付", f"connection {self._where.id!r} cannot deliver"
        try:
            yield
        except FOR_GOOD as error:
            self._drop()
            why = cannot(zh, en, error)
            raise ChannelDownError(why.zh, why.en) from None
        except LOST as error:
            self._drop()
            why = cannot(zh, en, error)
            raise ChannelDownError(why.zh, why.en, is_temporary=True) from None
        except asyncssh.SFTPError as error:
            why = cannot(zh, en, error)
            denied = isinstance(error, asyncssh.SFTPPermissionDenied | asyncssh.SFTPNoSuchFile)
            raise NotDeliveredError(why.zh, why.en, is_temporary=not denied) from None


def _options(where: Place) -> dict[str, Any]:
    """How to connect; a key of ours that cannot be read is told without its text."""
    try:
        return ssh_options(where)
    except SourceDownError:
        raise
    except Exception as error:
        raise cannot(f"连接 {where.id} 无法打开", f"connection {where.id!r} cannot be opened", error) from None
