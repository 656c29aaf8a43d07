"""Pull what a source has, keep it byte for byte: a file lands once, read-only, before anybody reads it."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from ingest.batches import Batch, batches
from ingest.corrections import correction_of, fields_of
from ingest.home import home, read_json, sha256_file, write_atomic, write_json
from ingest.places import RemoteFile, SourceDownError, fetch_table, highest_mark, list_files
from ingest.spec import Extract, Source

OVERLAP = timedelta(days=1)
"""How far behind the highest watermark a table is read again, for rows that were committed late."""


@dataclass(frozen=True)
class Landed:
    """One file in the landing."""

    path: Path
    source: str
    extract: str
    name: str
    sha256: str
    received_on: date
    business_date: date
    scope: dict[str, str]
    version: int
    watermark: str | None


@dataclass
class Pull:
    """What a pull of one source came to: kept for the night's summary and for rebuilds."""

    source: str
    as_of: date
    landed: int = 0
    nothing_new: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """Extract → why it could not be pulled."""


def report_path(source: str, as_of: date) -> Path:
    """Where the report of a pull is kept."""
    return home() / "raw" / "_pulls" / source / f"{as_of}.json"


def landed(source: Source) -> list[Landed]:
    """Every file that ever landed for a source, with its note, oldest first."""
    notes = sorted((home() / "landing" / source.name).glob("*/*/*.note.json"))
    found = []
    for note in notes:
        value = read_json(note)
        dates = {key: date.fromisoformat(value[key]) for key in ("received_on", "business_date")}
        found.append(Landed(**value | dates | {"path": note.with_name(note.name.removesuffix(".note.json"))}))
    return sorted(found, key=lambda f: (f.received_on, f.extract, f.business_date, f.name, f.version))


def pull(source: Source, as_of: date) -> Pull:
    """Land everything new that a source has. A source's trouble is written down, not raised."""
    report = Pull(source.name, as_of)
    before = landed(source)
    history = batches(source.name)
    for name, extract in source.extracts.items():
        mine = [file for file in before if file.extract == name]
        try:
            if extract.table:
                _pull_table(source, name, extract, as_of, mine, history, report)
            else:
                _pull_files(source, name, extract, as_of, mine, history, report)
        except SourceDownError as error:
            report.failed[name] = str(error)
    write_json(report_path(source.name, as_of), vars(report))
    return report


def _pull_files(
    source: Source, name: str, extract: Extract, as_of: date, before: list[Landed], history: list[Batch], report: Pull
) -> None:
    present = list_files(source.connection)
    names = {file.name for file in present}
    latest = {file.name: file for file in before}
    accepted = [batch for batch in history if batch.extract == name and batch.is_accepted]
    if extract.delivery_mode() == "snapshot":  # earlier content may come back
        whole = [batch for batch in accepted if not correction_of(batch.name)]
        accepted = list({tuple(sorted(b.scope.items())): b for b in whole}.values())
    shas = {batch.sha256: batch.name for batch in accepted}
    repeats = {(batch.name, batch.sha256) for batch in history if batch.verdict == "nothing_new"}
    seen_path = home() / "state" / "seen" / f"{source.name}-{name}.json"
    seen = read_json(seen_path) if seen_path.exists() else {}
    for remote in present:
        fields = fields_of(name, extract, remote.name)
        if fields is None:
            continue
        is_whole = not extract.read.marker or remote.name + extract.read.marker in names
        if not is_whole and not correction_of(remote.name):
            report.waiting.append(remote.name)
            continue
        last = latest.get(remote.name)
        stamp = [remote.size, remote.modified]
        if last and seen.get(remote.name) == [*stamp, last.sha256]:
            continue
        try:
            data = _read(remote, source)
        except SourceDownError as error:
            report.failed[name] = str(error)
            continue
        sha = hashlib.sha256(data).hexdigest()
        seen[remote.name] = [*stamp, sha]
        if (last and last.sha256 == sha) or (remote.name, sha) in repeats:
            continue
        business_date = fields.pop("business_date", None) or as_of - timedelta(days=1)
        if not last and sha in shas:
            report.nothing_new.append(f"{remote.name} = {shas[sha]}")
            _nothing_new(source, name, extract, as_of, remote.name, sha, business_date)
            continue
        _land(source, name, as_of, remote.name, data, business_date, fields, (last.version if last else 0) + 1, None)
        shas[sha] = remote.name
        report.landed += 1
    write_json(seen_path, seen)


def _read(remote: RemoteFile, source: Source) -> bytes:
    try:
        return remote.read()
    except Exception as error:  # each client library has errors of its own
        raise SourceDownError(
            f"{remote.name} of connection {source.connection!r} cannot be fetched: {type(error).__name__}"
        ) from None


def _pull_table(
    source: Source, name: str, extract: Extract, as_of: date, before: list[Landed], history: list[Batch], report: Pull
) -> None:
    if any(file.received_on == as_of for file in before):
        return  # a night run twice must see the same rows; what came since is tomorrow's
    accepted = [batch for batch in history if batch.extract == name and batch.is_accepted]
    known = [batch.watermark for batch in accepted if batch.watermark and batch.received_on < as_of]
    since = _a_day_before(highest_mark(known)) if known else None
    table, highest = fetch_table(source.connection, extract, since, str(as_of + timedelta(days=1)))
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    data = buffer.getvalue()
    sha = hashlib.sha256(data).hexdigest()
    business_date = as_of - timedelta(days=1)
    safe = re.sub(r"[^\w.-]", "_", extract.table or "")
    file_name = f"{safe}_{as_of:%Y%m%d}.parquet"
    in_force = [batch for batch in history if batch.extract == name and batch.is_accepted and batch.raw]
    if in_force and in_force[-1].sha256 == sha:
        report.nothing_new.append(f"{file_name} = {in_force[-1].name}")
        _nothing_new(source, name, extract, as_of, file_name, sha, business_date)
        return
    _land(source, name, as_of, file_name, data, business_date, {}, 1, highest)
    report.landed += 1


def _a_day_before(mark: str | None) -> str | None:
    """Where a table is read from again; a watermark that is no date (a number) is not moved."""
    try:
        return str(date.fromisoformat((mark or "")[:10]) - OVERLAP)
    except ValueError:
        return mark


def _land(
    source: Source, extract: str, as_of: date, name: str, data: bytes, business_date: date,
    scope: dict[str, str], version: int, watermark: str | None,
) -> None:  # fmt: skip
    """Store the bytes, then the note that makes the file count."""
    sha = hashlib.sha256(data).hexdigest()
    path = home() / "landing" / source.name / extract / str(as_of) / f"{sha[:8]}-{name}"
    if not path.exists() or sha256_file(path) != sha:
        write_atomic(path, data, mode=0o400)
    note = {
        "source": source.name, "extract": extract, "name": name, "sha256": sha, "received_on": as_of,
        "business_date": business_date, "scope": scope, "version": version, "watermark": watermark,
    }  # fmt: skip
    write_json(path.with_name(path.name + ".note.json"), note)


def _nothing_new(
    source: Source, name: str, extract: Extract, as_of: date, file_name: str, sha: str, business_date: date
) -> None:
    """The same bytes again: nothing to load, but the source is alive."""
    Batch(
        source=source.name, extract=name, entity=extract.entity, name=file_name, file="", sha256=sha, version=1,
        received_on=as_of, business_date=business_date, verdict="nothing_new", owner=source.owner.name,
        message_zh="与已收到的文件内容相同,未重复加载", message_en="the same bytes as a file received before; not loaded again",
    ).write()  # fmt: skip
