"""Which published folder belongs to which night."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import duckdb

from ingest.home import home, read_json

NAME = re.compile(r"(\d{4}-\d{2}-\d{2})-(.+)")


class NotPublishedError(LookupError):
    """A night without a published folder was asked for."""


def as_of_of(folder: Path) -> date:
    """The as_of in the name of a published folder."""
    return date.fromisoformat(NAME.fullmatch(folder.name)[1])


def published_folders() -> list[Path]:
    """Every complete published folder, by as_of and then in the order they were published."""
    folders = [
        folder
        for folder in (home() / "published").glob("*")
        if not folder.is_symlink() and NAME.fullmatch(folder.name) and (folder / "manifest.json").exists()
    ]
    return sorted(folders, key=lambda folder: (as_of_of(folder), _revision(folder), folder.name))


def _revision(folder: Path) -> int:
    return int(read_json(folder / "manifest.json").get("revision", 1))


def current() -> Path | None:
    """The folder that `current` points to."""
    link = home() / "published" / "current"
    return link.resolve() if link.is_symlink() and link.exists() else None


def published_of(as_of: date) -> Path:
    """The folder in force for a night: the one `current` points to, else the last published one of that as_of.

    Raises NotPublishedError.
    """
    now = current()
    if now and as_of_of(now) == as_of:
        return now
    folders = [folder for folder in published_folders() if as_of_of(folder) == as_of]
    if not folders:
        raise NotPublishedError(
            f"Nothing is published for {as_of}. The newest published night is "
            f"{now.name if now else 'none'}; run `make nightly DATE={as_of}`."
        )
    return folders[-1]


def published_before(as_of: date) -> Path | None:
    """The newest published night before a date."""
    earlier = [folder for folder in published_folders() if as_of_of(folder) < as_of]
    return earlier[-1] if earlier else None


def open_read_only(file: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection in which `marts.x` and `restricted.x` mean the schemas of this file.

    Opened by its own name, restricted.duckdb would be a catalog that is called like its schema, which DuckDB refuses
    as ambiguous.
    """
    connection = duckdb.connect(config={"autoinstall_known_extensions": False})
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"attach {literal(file)} as opened (read_only)")
    connection.execute("use opened")
    return connection


def literal(text: str | Path) -> str:
    """A text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
