"""Reception of one source: pull, land, read, type, check; every record ends loaded, quarantined or declared."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from expectations import docs, gate, promises
from expectations.files import Passage
from expectations.rows import judge_rows
from ingest import landing
from ingest.batches import Batch, batches
from ingest.counting import count_records
from ingest.home import home, is_rebuild, log, step
from ingest.reading import BATCH_RECORDS, TextTable, UnreadableFileError, read_batches
from ingest.spec import Extract, Source, sources

READER_VERSION = "5"
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
    for extract, reasons in report.failed.items():
        for reason in reasons:
            log("receive", f"{source_name}.{extract}: {reason['en']}. Ask {source.owner.name}.")
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
) -> Iterator[Batch]:
    """Let the files of one extract pass the gate in batches of rows; decide about each file when its last row passed."""
    started = time.monotonic()
    earlier, results = list(history), []
    for chunk in _chunks(_ahead(_parts(source, name, extract, todo, key))):
        texts = [part for _, part, _ in chunk if isinstance(part, TextTable)]
        judged, result = judge_rows([text.table for text in texts], extract, source)
        results += [result] if result is not None else []
        outcomes = iter(judged)
        for passage, part, is_last in chunk:
            if isinstance(part, TextTable):
                try:
                    passage.add(part, next(outcomes))
                except OSError:
                    raise  # what was received cannot be stored
                except Exception as error:  # nor does the night end at what its rows do to our own code
                    passage.fail(error)
            elif part is not None:
                passage.fail(part)
            if is_last:
                batch = passage.decide(earlier, started)
                started = time.monotonic()
                earlier.append(batch)
                yield batch
    if results:
        docs.write_page(source.name, name, as_of, gate.together(results))


Part = tuple[Passage, TextTable | Exception | None, bool]
"""A file, some of its records or why it has none, and whether that was its last."""


def _parts(source: Source, name: str, extract: Extract, todo: list[landing.Landed], key: str) -> Iterator[Part]:
    """The records of all files, counted a second time when a file ends."""
    for file in todo:
        passage, end = Passage(source, name, extract, file, key), None
        try:
            records = 0
            for text in read_batches(file.path, passage.extract):
                records += text.records
                yield passage, text, False
            counted = count_records(file.path, passage.extract, text.delimiter, text.sheet, text.encoding)
            if counted != records:
                raise UnreadableFileError(
                    "file:count_mismatch",
                    f"读到 {records} 条,文件中有 {counted} 条",
                    f"{records} were read, the file holds {counted}",
                )
        except Exception as error:  # whatever a file does to a parser, the night goes on
            end = error
        yield passage, end, True


def _ahead(parts: Iterator[Part]) -> Iterator[Part]:
    """The same, read one step ahead on another thread: reading and judging share two cores."""
    with ThreadPoolExecutor(1) as reader:
        following = reader.submit(next, parts, None)
        while (part := following.result()) is not None:
            following = reader.submit(next, parts, None)
            yield part


def _chunks(parts: Iterator[Part]) -> Iterator[list[Part]]:
    """Parts together as long as their rows are no more than a batch: the suite costs the same for one row and many."""
    chunk: list[Part] = []
    rows = 0
    for part in parts:
        more = part[1].table.num_rows if isinstance(part[1], TextTable) else 0
        if chunk and rows + more > BATCH_RECORDS:
            yield chunk
            chunk, rows = [], 0
        chunk.append(part)
        rows += more
    if chunk:
        yield chunk


def _is_open(file: landing.Landed, known: dict[tuple[str, str], Batch], key: str, extract: str) -> bool:
    batch = known.get((extract, str(file.path.relative_to(home()))))
    if batch is None or (batch.processing_key, batch.version) != (key, file.version) or batch.verdict == "failed":
        return True  # a version that came back counts as a new one
    return batch.raw is not None and not (home() / batch.raw).exists()
