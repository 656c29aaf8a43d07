"""Which files a night works on: the one place where last-good, refused, late and corrected batches are decided."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.archive import ARCHIVE_PROVENANCE, archived
from ingest.batches import Batch, batches
from ingest.corrections import correction_of
from ingest.entities import PROVENANCE, SQL_TYPES, Entity, archives, entities
from ingest.home import PROJECT, home, log, read_json, write_atomic, write_json
from ingest.landing import report_path
from ingest.references import counted
from ingest.spec import Extract, Source, sources
from ingest.telling import TOLD, batch_row, is_of_a_day, rejects, rule_rows, seconds_row


def select(as_of: date) -> Path:
    """Decide the inputs of the night of as_of and write them to builds/<build_id>/inputs.json; return that folder.

    The build's id is a hash of inputs, code, parameters and key: the same question has the same id.
    """
    received = [batch for batch in batches() if batch.received_on <= as_of]
    specs = sources()
    come = [batch for batch in received if batch.business_date < as_of]  # an early file waits for its day
    in_force = [batch for batch in come if batch.is_accepted and batch.raw]
    chosen = [batch for group in _by_extract(in_force).values() for batch in _in_force(group, specs)]
    statuses = _statuses(as_of, specs, received, chosen)
    batch_rows = [batch_row(batch, batch in chosen, specs) for batch in received]

    inputs: dict[str, Any] = {
        "as_of": str(as_of),
        "entities": {name: [_empty("raw", entity, PROVENANCE)] for name, entity in entities().items()},
        "archives": {
            name: [_empty("archive", entity, ARCHIVE_PROVENANCE), *archived(entity, as_of)]
            for name, entity in archives().items()
        },
        "files": {batch.raw: f"{batch.sha256}-{batch.processing_key}" for batch in chosen},
        "sources": statuses,
        "rejects": rejects(as_of, received, specs),
    }
    for batch in chosen:
        inputs["entities"][batch.entity].append(batch.raw)

    build_id = _fingerprint(inputs, batch_rows)
    folder = home() / "builds" / build_id
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    told = {"batch": batch_rows, "source_status": statuses, "rule": rule_rows()}
    told["reference"] = counted(inputs["entities"], specs)
    told["seconds"] = [seconds_row(batch) for batch in received if batch.seconds]  # measured: no part of the build's id
    for name, rows in told.items():
        _write_table(folder / f"{name}.parquet", rows, TOLD[name])
        inputs["archives"][name] = [str((folder / f"{name}.parquet").relative_to(home()))]
    write_json(folder / "inputs.json", inputs)
    _copy_data_docs(as_of, folder / "docs" / "data_docs")
    log("select", f"{len(chosen)} files in force of {len(received)} received; build {build_id}")
    return folder


def _copy_data_docs(as_of: date, target: Path) -> None:
    """The newest page of every source and extract as of this night, with a list of them."""
    pages = {
        page.name: page
        for page in sorted((home() / "raw" / "_docs").glob("*/*.html"))
        if page.parent.name <= str(as_of)
    }
    links = "".join(f'<li><a href="{n}">{n[:-5]}</a> {pages[n].parent.name}</li>' for n in sorted(pages))
    target.mkdir(parents=True)
    for name, page in pages.items():
        shutil.copyfile(page, target / name)
    write_atomic(target / "index.html", f'<meta charset="utf-8"><title>Data Docs</title><ul>{links}</ul>'.encode())


def _by_extract(items: list[Batch]) -> dict[tuple[str, str], list[Batch]]:
    groups: dict[tuple[str, str], list[Batch]] = {}
    for batch in items:
        groups.setdefault((batch.source, batch.extract), []).append(batch)
    return groups


def _in_force(group: list[Batch], specs: dict[str, Source]) -> list[Batch]:
    """The accepted batches of one extract that count: the newest version of each name; of snapshots the newest per scope.

    Corrected rows count beside the file they correct.
    """
    newest = {batch.name: batch for batch in sorted(group, key=lambda b: (b.version, b.received_on))}
    found = sorted(newest.values(), key=lambda b: (b.business_date, b.received_on, b.name))
    whole = [batch for batch in found if not correction_of(batch.name)]
    if _mode(group[0], specs) == "snapshot":
        whole = list({tuple(sorted(batch.scope.items())): batch for batch in whole}.values())
    return [*whole, *_corrections(found, whole)]


def _corrections(found: list[Batch], whole: list[Batch]) -> list[Batch]:
    """Corrected rows count as long as the file they correct does; a later version of it, sent whole, replaces both."""
    originals = {batch.name: batch for batch in whole}
    return [
        batch
        for batch in found
        if (correction := correction_of(batch.name))
        and (original := originals.get(correction.original))
        and batch.received_on >= original.received_on
    ]


def _mode(batch: Batch, specs: dict[str, Source]) -> str:
    """delta or snapshot; a source whose spec is gone keeps what it delivered, by its entity's mode."""
    spec = specs.get(batch.source)
    if spec and batch.extract in spec.extracts:
        return spec.extracts[batch.extract].delivery_mode()
    return entities()[batch.entity].mode


def _statuses(
    as_of: date, specs: dict[str, Source], received: list[Batch], chosen: list[Batch]
) -> list[dict[str, Any]]:
    rows = []
    for source in specs.values():
        report = report_path(source.name, as_of)
        pulled = read_json(report) if report.exists() else {"failed": {}, "waiting": []}
        for name, extract in source.extracts.items():
            mine = [b for b in received if (b.source, b.extract) == (source.name, name) and not correction_of(b.name)]
            rows.append(_status(as_of, source, name, extract, mine, chosen, pulled))
    return rows


def _status(
    as_of: date, source: Source, name: str, extract: Extract, mine: list[Batch], chosen: list[Batch],
    pulled: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """How fresh one extract is, since when it is not, and what to do."""
    alive = [b for b in mine if (b.is_accepted or b.verdict == "nothing_new") and b.business_date < as_of]
    last = max((batch.business_date for batch in alive), default=None)
    received_on = max((batch.received_on for batch in alive), default=None)
    age = (as_of - timedelta(days=1) - last).days if last else None
    good_names = {batch.name for batch in mine if batch.is_accepted}
    gaps = [batch for batch in mine if batch.verdict in ("refused", "failed") and batch.name not in good_names]
    corrections = [
        b for b in mine
        if b.verdict in ("refused", "failed") and b.name in good_names
        and b.version > max(g.version for g in mine if g.is_accepted and g.name == b.name)
    ]  # fmt: skip
    if extract.delivery_mode() == "snapshot" or not extract.files:  # a later fetch brings what a refused one held
        gaps = [b for b in gaps if last is None or b.business_date > last]
    owner = f"{source.owner.name}({source.owner.contact})"
    row: dict[str, Any] = {
        "source": source.name, "extract": name, "entity": extract.entity, "status": "fresh",
        "last_good_business_date": last, "last_good_received_on": received_on, "degraded_since": None,
        "age_days": age, "message_zh": "", "message_en": "", "owner": owner, "is_daily": extract.daily,
        "is_optional": extract.optional, "late_after_days": source.late_after_days,
    }  # fmt: skip
    label = f"{source.title} {extract.entity}"
    missing = _missing_days(extract, mine, as_of) if extract.daily else []
    stale_since = last + timedelta(days=source.late_after_days + 2) if last else as_of
    is_late = not extract.optional and (age is None or age > source.late_after_days)
    since = f"数据截至 {last}" if last else "尚无数据"
    if name in pulled["failed"]:
        told = pulled["failed"][name]
        zh, en = (_first_of([reason[language] for reason in told]) for language in ("zh", "en"))
        bad, zh, en = "failed", f"{label}:{zh}", f"{label}: {en}"
        stale_since = min(stale_since, as_of) if is_late else as_of
    elif gaps or corrections:
        first = min([*gaps, *corrections], key=lambda b: (b.received_on, b.name))
        bad, zh, en = "refused", first.message_zh, f"{label}: {first.name}: {first.message_en}"
        stale_since = first.received_on
    elif missing and not is_late:
        days = "、".join(map(str, missing[:5]))
        bad, zh, en = "gap", f"{label}:缺少 {days} 的文件", f"{label}: no file for {days}"
        stale_since = missing[0] + timedelta(days=2)
    elif is_late:
        waiting = [n for n in pulled["waiting"] if n]
        note = f",{waiting[0]} 尚未传完" if waiting else ""
        note_en = f"; {waiting[0]} is not complete yet" if waiting else ""
        bad, zh, en = "stale", f"{label}:今日未收到新数据{note}", f"{label}: nothing new arrived{note_en}"
    else:
        return row
    return row | {
        "status": bad, "degraded_since": stale_since,
        "message_zh": f"{zh}({since};自 {stale_since} 起)。请联系{owner}",
        "message_en": f"{en} (data to {last or 'never'}; since {stale_since}). Ask {owner}.",
    }  # fmt: skip


def _first_of(reasons: list[str]) -> str:
    """Three reasons, and how many more there are."""
    more = f" (+{len(reasons) - 3})" if len(reasons) > 3 else ""
    return "; ".join(reasons[:3]) + more


def _missing_days(extract: Extract, mine: list[Batch], as_of: date) -> list[date]:
    """Days between the first daily file and yesterday for which no file came; monthly files are no daily ones."""
    days = {b.business_date for b in mine if is_of_a_day(extract, b.name)}
    if not days:
        return []
    span = (as_of - min(days)).days
    return [day for day in (min(days) + timedelta(days=n) for n in range(span)) if day not in days]


def _empty(room: str, entity: Entity, provenance: dict[str, str]) -> str:
    """A typed file without rows, first in every list: DuckDB refuses an empty list and needs the types."""
    path = home() / room / "_empty" / f"{entity.name}.parquet"
    if not path.exists():
        _write_table(path, [], entity.sql_types() | provenance)
    else:
        names = pq.read_schema(path).names
        if names != [*entity.columns, *provenance]:
            _write_table(path, [], entity.sql_types() | provenance)
    return str(path.relative_to(home()))


def _write_table(path: Path, rows: list[dict[str, Any]], types: dict[str, str]) -> None:
    arrow = {
        SQL_TYPES["text"]: pa.string(), "BIGINT": pa.int64(), "DATE": pa.date32(), "BOOLEAN": pa.bool_(),
        "TIMESTAMP": pa.timestamp("us"), "DECIMAL(18,2)": pa.decimal128(18, 2), "DECIMAL(18,6)": pa.decimal128(18, 6),
    }  # fmt: skip
    schema = pa.schema([(name, arrow[kind]) for name, kind in types.items()])
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), buffer, compression="zstd")
    write_atomic(path, buffer.getvalue(), mode=0o600)


def _fingerprint(inputs: dict[str, Any], batch_rows: list[dict[str, Any]]) -> str:
    """16 hex digits over inputs, what was received, our code and seeds, and the key's own hash."""
    digest = hashlib.sha256()
    digest.update(json.dumps([inputs, batch_rows], sort_keys=True, default=str).encode())
    for folder in ("dbt_project", "exports", "ingest"):
        for path in sorted((PROJECT / folder).rglob("*")):
            if path.suffix in {".py", ".sql", ".yml", ".yaml", ".csv"} and "sample" not in path.parts:
                digest.update(str(path.relative_to(PROJECT)).encode() + path.read_bytes())
    key = os.environ.get("XUBAO_KEY_FILE")
    if key:
        digest.update(hashlib.sha256(b"fingerprint" + Path(key).read_bytes()).digest())
    return digest.hexdigest()[:16]
