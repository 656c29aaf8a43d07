"""Pull what a source has, keep it byte for byte: a file lands once, read-only, before anybody reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from ingest import limits
from ingest.batches import Batch, batches
from ingest.corrections import correction_of, fields_of
from ingest.home import FileTooLargeError, Incoming, home, read_json, receiving, sha256_file, write_json
from ingest.places import (
    Folder,
    RemoteFile,
    SourceDownError,
    a_day_before,
    cannot,
    fetch_pages,
    fetch_table,
    highest_mark,
    open_folder,
)
from ingest.places.names import NOTE
from ingest.spec import Extract, Source, is_of_a_month


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
    """Names of files that are not complete yet."""
    failed: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    """Extract → why something of it could not be pulled, each in Chinese (zh) and English (en)."""

    def fail(self, extract: str, error: SourceDownError) -> None:
        """Note one more reason why something of an extract could not be pulled."""
        self.failed.setdefault(extract, []).append({"zh": error.zh, "en": error.en})


def report_path(source: str, as_of: date) -> Path:
    """Where the report of a pull is kept."""
    return home() / "raw" / "_pulls" / source / f"{as_of}.json"


def landed(source: Source) -> list[Landed]:
    """Every file that ever landed for a source, with its note, oldest first."""
    notes = sorted((home() / "landing" / source.name).glob(f"*/*/*{NOTE}"))
    found = []
    for note in notes:
        value = read_json(note)
        dates = {key: date.fromisoformat(value[key]) for key in ("received_on", "business_date")}
        found.append(Landed(**value | dates | {"path": note.with_name(note.name.removesuffix(NOTE))}))
    return sorted(found, key=lambda f: (f.received_on, f.extract, f.business_date, f.name, f.version))


def pull(source: Source, as_of: date) -> Pull:
    """Land everything new that a source has. A source's trouble is written down, not raised."""
    report = Pull(source.name, as_of)
    before = landed(source)
    history = batches(source.name)
    folder, present = _look(source, report)
    for name, extract in source.extracts.items():
        mine = [file for file in before if file.extract == name]
        try:
            if not extract.files:
                _pull_records(source, name, extract, as_of, mine, history, report)
            elif folder:
                _pull_files(source, name, extract, as_of, folder, present, mine, history, report)
        except SourceDownError as error:
            report.fail(name, error)
    write_json(report_path(source.name, as_of), vars(report))
    return report


def _look(source: Source, report: Pull) -> tuple[Folder | None, list[RemoteFile]]:
    """The source's folder and its files; one that cannot be listed is the trouble of every extract of files."""
    wanted = [name for name, extract in source.extracts.items() if extract.files]
    if not wanted:
        return None, []
    try:
        folder = open_folder(source.connection)
        return folder, folder.files()
    except SourceDownError as error:
        for name in wanted:
            report.fail(name, error)
        return None, []


def _pull_files(
    source: Source, name: str, extract: Extract, as_of: date, folder: Folder, present: list[RemoteFile],
    before: list[Landed], history: list[Batch], report: Pull,
) -> None:  # fmt: skip
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
        last = latest.get(remote.name)
        if last and seen.get(remote.name) == [*remote.stamp, last.sha256]:
            continue
        is_marked = not extract.read.marker or remote.name + extract.read.marker in names
        if not (is_marked or correction_of(remote.name)) or remote.name in folder.moving(present):
            report.waiting.append(remote.name)
            continue
        if (correction := correction_of(remote.name)) and (corrected := latest.get(correction.original)):
            fields = {**corrected.scope, "business_date": corrected.business_date}
        business_date = fields.pop("business_date", None) or as_of - timedelta(days=1)
        if is_of_a_month(extract, remote.name) and business_date.replace(day=1) < as_of <= business_date:
            business_date = as_of - timedelta(days=1)  # the month so far
        with receiving(_landing(source, name, as_of), limits.FILE_BYTES, limits.FETCH_SECONDS) as incoming:
            try:
                is_whole = _fetch(remote, source, incoming)
            except SourceDownError as error:
                report.fail(name, error)
                continue
            if not is_whole:
                report.waiting.append(remote.name)
                continue
            sha = incoming.sha256
            seen[remote.name] = [*remote.stamp, sha]
            if (last and last.sha256 == sha) or (remote.name, sha) in repeats:
                continue
            if not last and sha in shas:
                report.nothing_new.append(f"{remote.name} = {shas[sha]}")
                _nothing_new(source, name, extract, as_of, remote.name, sha, business_date)
                continue
            _land(
                source,
                name,
                as_of,
                remote.name,
                incoming,
                business_date,
                fields,
                (last.version if last else 0) + 1,
                None,
            )
        shas[sha] = remote.name
        report.landed += 1
    write_json(seen_path, seen)


def _fetch(remote: RemoteFile, source: Source, incoming: Incoming) -> bool:
    """Receive a file's bytes; False if it changed while it was read. Raises SourceDownError."""
    for is_last_try in (False, True):
        try:
            if remote.size > limits.FILE_BYTES:
                raise FileTooLargeError
            for chunk in remote.chunks():
                incoming.write(chunk)
            return incoming.size == remote.size and remote.is_unchanged()
        except FileTooLargeError:
            most = f"{limits.FILE_BYTES // limits.MIB:,} MiB"
            raise SourceDownError(
                f"{remote.name} 超过 {most},未接收",
                f"{remote.name} is larger than {most} and was not received; ask for it in parts",
            ) from None
        except Exception as error:  # each client library has errors of its own
            if is_last_try or isinstance(error, FileNotFoundError | PermissionError):
                en = f"{remote.name} of connection {source.connection!r} cannot be fetched"
                raise cannot(f"{remote.name} 无法读取", en, error) from None
        incoming.restart()  # a connection that broke would take all other files with it
        remote.folder.reopen()
    raise AssertionError("the last try returns or raises")


def _pull_records(
    source: Source, name: str, extract: Extract, as_of: date, before: list[Landed], history: list[Batch], report: Pull
) -> None:
    """Fetch the rows of a table or the records of an interface, as one file a night."""
    if any(file.received_on == as_of for file in before):
        return  # a night run twice must see the same rows; what came since is tomorrow's
    accepted = [batch for batch in history if batch.extract == name and batch.is_accepted]
    known = [batch.watermark for batch in accepted if batch.watermark and batch.received_on < as_of]
    since = a_day_before(highest_mark(known)) if known else None
    until = str(as_of + timedelta(days=1))
    safe, ending = re.sub(r"[^\w.-]", "_", extract.table or name), "parquet" if extract.table else "json"
    file_name = f"{safe}_{as_of:%Y%m%d}.{ending}"
    business_date = as_of - timedelta(days=1)
    with receiving(_landing(source, name, as_of), limits.FILE_BYTES, limits.FETCH_SECONDS) as incoming:
        try:
            if extract.table:
                highest = fetch_table(source.connection, extract, since, until, incoming)
            else:
                highest = fetch_pages(source.connection, extract, since, until, incoming.write)
        except FileTooLargeError:
            raise SourceDownError(
                f"{file_name} 过大,请设 watermark", f"{file_name} grows too large; fetch it by a watermark"
            ) from None
        except TimeoutError as error:
            raise cannot(f"{file_name} 未能取完", f"{file_name} was not fetched to its end", error) from None
        sha = incoming.sha256
        in_force = [batch for batch in history if batch.extract == name and batch.is_accepted and batch.raw]
        if in_force and in_force[-1].sha256 == sha:
            report.nothing_new.append(f"{file_name} = {in_force[-1].name}")
            _nothing_new(source, name, extract, as_of, file_name, sha, business_date)
            return
        _land(source, name, as_of, file_name, incoming, business_date, {}, 1, highest)
    report.landed += 1


def _landing(source: Source, extract: str, as_of: date) -> Path:
    """Folder of the files that a source's extract delivered on a night."""
    return home() / "landing" / source.name / extract / str(as_of)


def _land(
    source: Source, extract: str, as_of: date, name: str, incoming: Incoming, business_date: date,
    scope: dict[str, str], version: int, watermark: str | None,
) -> None:  # fmt: skip
    """Keep the bytes, then write the note that makes the file count."""
    sha = incoming.sha256
    path = _landing(source, extract, as_of) / f"{sha[:8]}-{name}"
    if not path.exists() or sha256_file(path) != sha:
        incoming.keep(path, mode=0o400)
    note = {
        "source": source.name, "extract": extract, "name": name, "sha256": sha, "received_on": as_of,
        "business_date": business_date, "scope": scope, "version": version, "watermark": watermark,
    }  # fmt: skip
    write_json(path.with_name(path.name + NOTE), note)


def _nothing_new(
    source: Source, name: str, extract: Extract, as_of: date, file_name: str, sha: str, business_date: date
) -> None:
    """The same bytes again: nothing to load, but the source is alive."""
    Batch(
        source=source.name, extract=name, entity=extract.entity, name=file_name, file="", sha256=sha, version=1,
        received_on=as_of, business_date=business_date, verdict="nothing_new", owner=source.owner.name,
        message_zh="与已收到的文件内容相同,未重复加载", message_en="the same bytes as a file received before; not loaded again",
    ).write()  # fmt: skip
