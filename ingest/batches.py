"""What was received: one sidecar per received file says what came of it; together they are the history."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any

from ingest.home import home, read_json, write_json

ACCEPTED = ("accepted", "accepted_with_warning")


@dataclass(frozen=True)
class Batch:
    """One received file (or fetched table) and the verdict on it. Counts are records of the file."""

    source: str
    extract: str
    entity: str
    name: str
    file: str
    sha256: str
    version: int
    received_on: date
    business_date: date
    verdict: str
    """accepted, accepted_with_warning, refused, nothing_new or failed."""
    owner: str = ""
    scope: dict[str, str] = field(default_factory=dict)
    rule: str | None = None
    message_zh: str = ""
    message_en: str = ""
    faults: list[dict[str, str]] = field(default_factory=list)
    """Every rule of files that it breaks (rule, zh, en), gravest first; `rule` is the first."""
    records: int = 0
    loaded: int = 0
    quarantined: int = 0
    declared: dict[str, int] = field(default_factory=dict)
    rules: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    unknown_headers: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    """Canonical columns that have a header in the file."""
    renamed: dict[str, str] = field(default_factory=dict)
    """Canonical column without a header → the unknown header that is most likely it."""
    profile: dict[str, Any] = field(default_factory=dict)
    """How the values of its accepted rows are spread; see expectations/drift.py."""
    elsewhere: dict[str, int] = field(default_factory=dict)
    """Good rows that carry another value than the file's name says, per field of the name."""
    in_period: int | None = None
    """Good rows of the month its name is about; None if the name or the entity knows no time."""
    content: str = ""
    """The same for files with the same rows, whatever their bytes and order."""
    watermark: str | None = None
    processing_key: str = ""
    seconds: float = 0.0
    """Seconds it took to read, type, check and store the file; measured, so no two nights have the same."""
    raw: str | None = None
    """Path of the typed rows relative to XUBAO_HOME; None if the file was not accepted."""

    @property
    def is_accepted(self) -> bool:
        return self.verdict in ACCEPTED

    def sidecar(self) -> Path:
        """Where this batch's sidecar lies."""
        name = hashlib.sha256(self.name.encode()).hexdigest()  # the same bytes may come under several names in a night
        stem = f"{self.sha256[:8]}-{self.extract}-{name[:12]}"
        return raw_folder(self.entity, self.source, self.received_on) / f"{stem}.json"

    def held(self) -> Path:
        """Where its rejected rows lie, if it has any."""
        folder = home() / "quarantine" / self.entity / self.source / str(self.received_on)
        return folder / f"{self.sidecar().stem}.parquet"

    def write(self) -> None:
        """Write the sidecar; the raw file must lie on disk before."""
        write_json(self.sidecar(), asdict(self))


def raw_folder(entity: str, source: str, received_on: date) -> Path:
    """Folder of the typed rows that a source delivered on a night."""
    return home() / "raw" / entity / source / str(received_on)


def _batch(value: dict[str, Any]) -> Batch:
    known = {f.name for f in fields(Batch)}
    value = {key: item for key, item in value.items() if key in known}
    return Batch(
        **value
        | {
            "received_on": date.fromisoformat(value["received_on"]),
            "business_date": date.fromisoformat(value["business_date"]),
        }
    )


def _index() -> sqlite3.Connection:
    """The cache of sidecars: anything in it can be thrown away."""
    path = home() / "state" / "index.sqlite"
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=60)
    connection.execute("create table if not exists sidecar (path text primary key, stamp text, body text)")
    return connection


def batches(source: str | None = None) -> list[Batch]:
    """All sidecars (of one source), oldest first. Files are the truth: a changed or new sidecar is read again."""
    root = home() / "raw"
    paths = sorted(root.glob(f"*/{source or '*'}/*/*.json"))
    with _index() as connection:
        cached = {path: (stamp, body) for path, stamp, body in connection.execute("select * from sidecar")}
        found, fresh = [], []
        for path in paths:
            stat = path.stat()
            name, stamp = str(path.relative_to(root)), f"{stat.st_mtime_ns}-{stat.st_size}-{stat.st_ino}"
            if cached.get(name, ("", ""))[0] == stamp:
                found.append(_batch(json.loads(cached[name][1])))
            else:
                value = read_json(path)
                found.append(_batch(value))
                fresh.append((name, stamp, json.dumps(value, ensure_ascii=False)))
        connection.executemany("insert or replace into sidecar values (?, ?, ?)", fresh)
    connection.close()
    return sorted(found, key=lambda b: (b.received_on, b.source, b.extract, b.business_date, b.name, b.version))


def reindex() -> int:
    """Throw the index away and build it again from the sidecars; return how many there are."""
    (home() / "state" / "index.sqlite").unlink(missing_ok=True)
    return len(batches())
