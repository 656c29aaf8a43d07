"""Where everything lies on disk, and how a file is written whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent

_logger = logging.getLogger("xubao")


class NightAlreadyRunningError(RuntimeError):
    """Two nights at once would write the same files."""


def home() -> Path:
    """The folder that holds all data: XUBAO_HOME, or ./var of the project."""
    return Path(os.environ.get("XUBAO_HOME") or PROJECT / "var").resolve()


def write_atomic(path: Path, data: bytes, mode: int = 0o644, flush: bool = True) -> None:
    """Write data under a temporary name, flush it to disk, then rename: readers see all of it or none.

    flush: False for what may be lost with the machine's power, though not with the process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)
        file.flush()
        if flush:
            os.fsync(file.fileno())
    os.chmod(temporary, mode)
    os.replace(temporary, path)


class FileTooLargeError(RuntimeError):
    """More bytes came than a file may have."""


class Incoming:
    """A file that is being received: written and hashed a piece at a time, kept under its name only when it is whole.

    It is a binary sink (write, tell, flush, closed), so that pyarrow can write into it.
    """

    def __init__(self, folder: Path, limit: int, seconds: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.temporary = folder / f".incoming.{os.getpid()}.tmp"
        self.closed, self.size, self._limit, self._hash = False, 0, limit, hashlib.sha256()
        self._until = time.monotonic() + seconds
        self._file = os.fdopen(os.open(self.temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")

    def write(self, data: bytes) -> int:
        """Append bytes; raise FileTooLargeError above the limit, TimeoutError if it all takes too long."""
        self.size += len(data)
        if self.size > self._limit:
            raise FileTooLargeError(f"more than {self._limit:,} bytes")
        if time.monotonic() > self._until:
            raise TimeoutError
        self._hash.update(data)
        return self._file.write(data)

    def restart(self) -> None:
        """Begin anew with an empty file."""
        self._file.seek(0)
        self._file.truncate()
        self.size, self._hash = 0, hashlib.sha256()

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self.closed = True
        self._file.close()

    @property
    def sha256(self) -> str:
        """Hex SHA-256 of what was written so far."""
        return self._hash.hexdigest()

    def keep(self, path: Path, mode: int) -> None:
        """Flush to disk, then give it its name: readers see all of it or none."""
        self._file.flush()
        os.fsync(self._file.fileno())
        os.chmod(self.temporary, mode)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(self.temporary, path)


@contextlib.contextmanager
def receiving(folder: Path, limit: int, seconds: float) -> Iterator[Incoming]:
    """A file that is written into a folder; what is not kept by the end is gone, and so is what a killed night left."""
    for left in folder.glob(".incoming.*.tmp"):
        left.unlink(missing_ok=True)
    incoming = Incoming(folder, limit, seconds)
    try:
        yield incoming
    finally:
        incoming.close()
        incoming.temporary.unlink(missing_ok=True)


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: Path) -> Any:
    """The JSON value in a file."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path: Path, value: Any, mode: int = 0o644, flush: bool = True) -> None:
    """Write a JSON value with sorted keys, whole or not at all."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, default=str)
    write_atomic(path, (text + "\n").encode(), mode, flush)


def log(step: str, message: str) -> None:
    """One line of progress: counts and names of files, never personal data."""
    _logger.info("%-9s %s", step, message)


@contextlib.contextmanager
def run_lock(what: str = "night") -> Iterator[None]:
    """Hold the installation's lock; raise NightAlreadyRunningError if another process holds it.

    The lock dies with its process, so a killed night leaves nothing to clean up.
    """
    path = home() / "state" / f"{what}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise NightAlreadyRunningError(
                f"Another process is working on {home()} ({path.name} is held). Wait until it has finished; "
                "it ends by itself, and a killed one leaves no lock behind."
            ) from None
        yield


@contextlib.contextmanager
def step(as_of: date, name: str) -> Iterator[None]:
    """One step of the night: alone in this home, its seconds noted in state/steps/<as_of>/<name>.json."""
    started = time.monotonic()
    with run_lock(name):
        yield
    seconds = round(time.monotonic() - started, 2)
    write_json(home() / "state" / "steps" / str(as_of) / f"{name}.json", {"step": name, "seconds": seconds})


def newest_received_on() -> date | None:
    """as_of of the newest night that pulled, or None before the first."""
    days = [path.stem for path in (home() / "raw" / "_pulls").glob("*/*.json")]
    return date.fromisoformat(max(days)) if days else None


def is_rebuild(as_of: date) -> bool:
    """True for a night older than the newest one: it pulls, archives and delivers nothing."""
    newest = newest_received_on()
    return newest is not None and as_of < newest
