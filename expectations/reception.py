"""Reception of one source: pull, land, read, type, check; every record ends loaded, quarantined or declared."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from expectations import docs, promises, quarantine
from expectations.rows import Sorted, sort_out, type_rows
from expectations.verdicts import Fault, judge_batch, warned
from ingest import landing, rules
from ingest.batches import Batch, batches, raw_folder
from ingest.conversion import unknown_headers
from ingest.corrections import as_read
from ingest.counting import count_records
from ingest.entities import PROVENANCE
from ingest.home import home, is_rebuild, log, step, write_atomic
from ingest.reading import TextTable, UnreadableFileError, read
from ingest.spec import Extract, Source, sources

READER_VERSION = "2"
"""Raise when reading or typing changes: landed files are then read again."""


def processing_key(source: Source, extract: str) -> str:
    """A landed file is read again when this changes: the spec, the entity, the promises or the reader."""
    entity = hashlib.sha256(source.extracts[extract].canonical().model_dump_json().encode()).hexdigest()[:8]
    return f"{source.content_hash}-{entity}-{promises.VERSION}-{READER_VERSION}"


def receive(source_name: str, as_of: date) -> dict[str, Any]:
    """Receive one source for the night of as_of; return what came of it (counts only), never raise for its faults.

    A night older than the newest reception is a rebuild: it pulls nothing and works on what was received by then.
    """
    source = sources()[source_name]
    if is_rebuild(as_of):
        log("receive", f"{source_name}: a rebuild pulls nothing")
        return {"source": source_name, "is_rebuild": True}
    report = landing.pull(source, as_of)
    done = process(source, as_of)
    for extract, reason in report.failed.items():
        log("receive", f"{source_name}.{extract}: {reason}. Ask {source.owner.name}.")
    counts = Counter(batch.verdict for batch in done)
    loaded, held = sum(batch.loaded for batch in done), sum(batch.quarantined for batch in done)
    told = ", ".join(f"{count} files {verdict}" for verdict, count in sorted(counts.items()))
    log("receive", f"{source_name}: {told or 'nothing new'}; {loaded:,} rows loaded, {held:,} quarantined")
    return {"source": source_name, "verdicts": dict(counts), "loaded": loaded, "failed": sorted(report.failed)}


def receive_step(source_name: str, as_of: str) -> dict[str, Any]:
    """receive() as a step of the night."""
    day = date.fromisoformat(as_of)
    with step(day, f"receive-{source_name}"):
        return receive(source_name, day)


def process(source: Source, as_of: date) -> list[Batch]:
    """Read, type and check every landed file that has no verdict under the current processing key."""
    known = {(b.extract, b.file): b for b in batches(source.name)}
    landed = landing.landed(source)
    done: list[Batch] = []
    for name, extract in source.extracts.items():
        key = processing_key(source, name)
        history = [b for b in known.values() if b.extract == name]
        todo = [
            file
            for file in landed
            if file.extract == name and file.received_on <= as_of and _is_open(file, known, key, name)
        ]
        for batch in _decide(source, name, extract, todo, history, key, as_of):
            batch.write()
            done.append(batch)
            if batch.verdict != "accepted":
                log("receive", f"{source.name}: {batch.name} {batch.verdict}: {batch.message_en}")
    return done


def _decide(
    source: Source, name: str, extract: Extract, todo: list[landing.Landed], history: list[Batch], key: str, as_of: date
) -> list[Batch]:
    """Read all files of one extract, type and check them together, then decide about each by itself."""
    opened = [_read_one(source, name, extract, file, key) for file in todo]
    readable = [(batch, text) for batch, text in opened if text is not None]
    outcomes = type_rows([text.table for _, text in readable], extract, source)
    done = [batch for batch, text in opened if text is None]
    typed = []
    for (batch, text), outcome in zip(readable, outcomes, strict=True):
        if isinstance(outcome, Exception):
            done.append(_unusable(batch, outcome))
        else:
            typed.append((batch, text, outcome))
    sorted_out, judgement = sort_out(
        [rows for _, _, rows in typed], extract.canonical(), source.identity, extract.by_hand
    )
    if judgement.result is not None:
        docs.write_page(source.name, name, as_of, judgement.result)
    for (batch, text, _), rows in zip(typed, sorted_out, strict=True):
        done.append(_store(extract, batch, text, rows, [*history, *done]))
    return done


def _is_open(file: landing.Landed, known: dict[tuple[str, str], Batch], key: str, extract: str) -> bool:
    batch = known.get((extract, str(file.path.relative_to(home()))))
    if batch is None or batch.processing_key != key or batch.verdict == "failed":
        return True
    return batch.raw is not None and not (home() / batch.raw).exists()


def _read_one(
    source: Source, name: str, extract: Extract, file: landing.Landed, key: str
) -> tuple[Batch, TextTable | None]:
    """The text of a landed file, or the verdict that it cannot be used."""
    batch = Batch(
        source=source.name, extract=name, entity=extract.entity, name=file.name,
        file=str(file.path.relative_to(home())), sha256=file.sha256, version=file.version,
        received_on=file.received_on, business_date=file.business_date, verdict="accepted",
        owner=source.owner.name, scope=file.scope, watermark=file.watermark, processing_key=key,
    )  # fmt: skip
    extract = as_read(extract, file.name)
    try:
        text = read(file.path, extract)
        batch = replace(
            batch, records=text.records, declared=text.declared, unknown_headers=unknown_headers(text.table, extract)
        )
        counted = count_records(file.path, extract, text.delimiter, text.sheet, text.encoding)
        if counted != text.records:
            raise UnreadableFileError(
                "file:count_mismatch",
                f"读到 {text.records} 条,文件中有 {counted} 条",
                f"{text.records} were read, the file holds {counted}",
            )
        return batch, text
    except Exception as error:
        return _unusable(batch, error), None


def _unusable(batch: Batch, error: Exception) -> Batch:
    """The verdict on a file that no row could be had from: whatever it does to a parser, the night goes on."""
    if isinstance(error, UnreadableFileError):
        return _refused(batch, [Fault(error.rule, True, error.finding_zh, error.finding_en)])
    kind = type(error).__name__  # its text may quote values
    return replace(_refused(batch, [Fault("file:failed", True, kind, kind)]), verdict="failed")


def _refused(batch: Batch, faults: list[Fault]) -> Batch:
    zh, en = faults[0].words
    rule = rules.rule(faults[0].rule)
    return replace(
        batch,
        verdict="refused",
        rule=faults[0].rule,
        faults=[fault.as_told() for fault in faults],
        loaded=0,
        quarantined=0,
        raw=None,
        message_zh=f"{batch.name}:{zh}。{rule.fix_zh}。继续使用上一次的有效数据,请联系{batch.owner}",
        message_en=f"{en}; {rule.fix_en}. The last good batch stays in force; ask {batch.owner}.",
    )


def _store(extract: Extract, batch: Batch, text: TextTable, rows: Sorted, history: list[Batch]) -> Batch:
    """Write raw rows and quarantine of one file; return its verdict with counts that add up."""
    counts = Counter(rows.rules.values()) + Counter(rule for _, rule, _ in text.held)
    declared = {**text.declared, **({"exact_duplicate": rows.repeats} if rows.repeats else {})}
    batch = replace(
        batch,
        loaded=rows.loaded.num_rows,
        declared=declared,
        rules=dict(sorted(counts.items())),
        quarantined=sum(counts.values()),
        warnings=rows.warnings,
    )
    if batch.records != batch.loaded + batch.quarantined + sum(declared.values()):
        return _refused(batch, [Fault("file:count_mismatch", True, "我方原因", "our own fault")])
    faults = judge_batch(batch, extract, history)
    if faults and faults[0].refuses:
        return _refused(batch, faults)
    stem = batch.sidecar().stem
    quarantine.write(batch.held(), text.table, rows.rules, text.held)
    path = raw_folder(batch.entity, batch.source, batch.received_on) / f"{stem}.parquet"
    buffer = io.BytesIO()
    pq.write_table(_with_provenance(rows.loaded, batch), buffer, compression="zstd")
    write_atomic(path, buffer.getvalue(), mode=0o600)
    batch = replace(batch, raw=str(path.relative_to(home())))
    return warned(batch, faults) if faults else batch


def _with_provenance(rows: pa.Table, batch: Batch) -> pa.Table:
    """Canonical columns, then where each row came from."""
    count = rows.num_rows
    values = {
        "_source": pa.repeat(pa.scalar(batch.source), count),
        "_extract": pa.repeat(pa.scalar(batch.extract), count),
        "_file": pa.repeat(pa.scalar(batch.file), count),
        "_sha8": pa.repeat(pa.scalar(batch.sha256[:8]), count),
        "_row": rows["_row"],
        "_received_on": pa.repeat(pa.scalar(batch.received_on, pa.date32()), count),
        "_business_date": pa.repeat(pa.scalar(batch.business_date, pa.date32()), count),
    }
    out = rows.drop_columns(["_row"])
    for name in PROVENANCE:
        out = out.append_column(name, values[name])
    return out
