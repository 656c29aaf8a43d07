"""One received file on its way through the gate: its rows pass in batches, then it is decided about as a whole."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa

from expectations import quarantine
from expectations.belonging import Belonging
from expectations.drift import headers_of, profile
from expectations.references import at_the_door
from expectations.rows import Judged, first_copies, key_hashes, superseded
from expectations.verdicts import Fault, guessed, judge_batch, judge_values, refused, warned
from ingest.batches import Batch
from ingest.corrections import as_read
from ingest.entities import PROVENANCE
from ingest.home import home
from ingest.landing import Landed
from ingest.reading import TextTable, UnreadableFileError, read_batches
from ingest.spec import Extract, Source
from ingest.spool import Spool

SUPERSEDED = "key:superseded_in_file"


class Passage:
    """What is known of one file so far. Every record of it ends loaded, quarantined or declared."""

    def __init__(self, source: Source, name: str, extract: Extract, file: Landed, key: str) -> None:
        self.file, self.extract = file, as_read(extract, file.name)
        self.batch = Batch(
            source=source.name, extract=name, entity=extract.entity, name=file.name,
            file=str(file.path.relative_to(home())), sha256=file.sha256, version=file.version,
            received_on=file.received_on, business_date=file.business_date, verdict="accepted",
            owner=source.owner.name, scope=file.scope, watermark=file.watermark, processing_key=key,
        )  # fmt: skip
        self.fault: Exception | None = None
        self._declared: Counter[str] = Counter()
        self._warnings: Counter[str] = Counter()
        self._outside: Counter[str] = Counter()
        """Records that are no row of a table, by rule."""
        self._content: list[np.ndarray] = []
        self._numbers: list[np.ndarray] = []
        self._keys: list[tuple[np.ndarray, np.ndarray]] = []
        self._broken: list[tuple[np.ndarray, np.ndarray]] = []
        self._only_text: pa.Table | None = None
        self._belonging = Belonging(name, extract, file)
        self._raw = Spool(self.batch.sidecar().with_suffix(".parquet"))
        self._held = Spool(self.batch.held())

    def add(self, text: TextTable, judged: Judged | Exception) -> None:
        """Take the next batch of its records."""
        if self.fault is not None:
            return
        is_first = not self._numbers
        if is_first:
            self.batch = replace(self.batch, **headers_of(text.table, self.extract))
        if isinstance(judged, Exception):
            self.fail(judged)
            return
        judged = at_the_door(judged, self.extract.canonical(), self.batch.received_on)
        self._only_text = text.table if is_first else None
        self.batch = replace(self.batch, records=self.batch.records + text.records)
        self._declared.update(text.declared)
        self._outside.update(rule for _, rule, _ in text.held)
        self._warnings.update(judged.warnings)
        numbers = judged.rows["_row"].to_numpy()
        self._numbers.append(numbers)
        self._content.append(judged.content)
        is_broken = judged.rules != ""
        if is_broken.any():
            places = np.flatnonzero(is_broken)
            self._broken.append((numbers[places], judged.rules[places]))
            self._held.add(quarantine.rows(text.table.take(pa.array(places)), judged.rules[places]))
        if text.held:
            self._held.add(quarantine.outside(text.table, text.held))
        good = judged.rows if not is_broken.any() else judged.rows.take(pa.array(np.flatnonzero(~is_broken)))
        self._belonging.add(good, judged.content)
        self._keys.append((key_hashes(good, self.extract.canonical()), good["_row"].to_numpy()))
        self._raw.add(self._with_provenance(good))

    def fail(self, fault: Exception) -> None:
        """The file cannot be used; what it gave so far is forgotten."""
        self.fault = fault
        self._raw.discard()
        self._held.discard()
        self._held.path.unlink(missing_ok=True)  # of an earlier reading of the same file
        for gathered in (self._content, self._numbers, self._keys, self._broken, self._outside):
            gathered.clear()

    def decide(self, history: list[Batch], started: float) -> Batch:
        """The verdict, with counts that add up; rows and rejects are stored if it is used."""
        return replace(self._decided(history), seconds=round(time.monotonic() - started, 3))

    def _decided(self, history: list[Batch]) -> Batch:
        if self.fault is not None:
            return unusable(replace(self.batch, declared=dict(self._declared)), self.extract, self.fault)
        numbers = _joined(self._numbers, np.int64)
        first = numbers[first_copies(_joined(self._content, np.uint64, (0, 2)))]
        again = numbers[first != numbers]
        replaced = self._superseded(numbers, first)
        broken, rules = _joined([n for n, _ in self._broken], np.int64), _joined([r for _, r in self._broken], object)
        counts = Counter(rules[~np.isin(broken, again)].tolist()) + self._outside
        counts += Counter({SUPERSEDED: len(replaced)})
        declared = dict(self._declared) | ({"exact_duplicate": len(again)} if len(again) else {})
        self.batch = replace(
            self.batch,
            loaded=len(numbers) - len(broken) - len(replaced) - int((~np.isin(again, broken)).sum()),
            declared=declared,
            rules=dict(sorted(counts.items())),
            quarantined=sum(counts.values()),
            warnings=dict(sorted(self._warnings.items())),
            **self._belonging.told(),
        )
        if self.batch.records != self.batch.loaded + self.batch.quarantined + sum(declared.values()):
            self.fail(UnreadableFileError("file:count_mismatch", "我方原因", "our own fault"))
            return unusable(self.batch, self.extract, self.fault)
        faults = judge_batch(self.batch, self.extract, history)
        if faults and faults[0].refuses:
            self.fail(UnreadableFileError(faults[0].rule, faults[0].finding_zh, faults[0].finding_en))
            return refused(self.batch, faults)
        self._store(again, replaced)
        spread = profile(self._raw.path, self.extract.canonical(), self.batch.columns)
        batch = replace(self.batch, raw=str(self._raw.path.relative_to(home())), profile=spread)
        faults += judge_values(batch, self.extract, history)
        return warned(batch, faults) if faults else batch

    def _superseded(self, every: np.ndarray, first: np.ndarray) -> np.ndarray:
        """Record numbers of good rows that a later row replaces: same key, other content.

        `every`: all record numbers, ascending; `first`: of each the number of the first row of the same content.
        """
        hashes, numbers = _joined([h for h, _ in self._keys], np.uint64), _joined([n for _, n in self._keys], np.int64)
        copies = np.isin(numbers, every[first != every])
        ordered = np.sort(hashes[~copies])
        twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        if not len(twice):
            return np.empty(0, np.int64)
        entity = self.extract.canonical()
        rows = self._raw.rows(numbers[np.isin(hashes, twice)], [*entity.key, "_row"])
        firsts = first[np.searchsorted(every, rows["_row"].to_numpy())]
        return superseded(rows.append_column("_first", pa.array(firsts)), entity)

    def _store(self, again: np.ndarray, replaced: np.ndarray) -> None:
        """Write what was held, then what is loaded."""
        if len(replaced):
            for table in [self._only_text] if self._only_text is not None else self._read_again():
                places = np.flatnonzero(np.isin(table["_row"].to_numpy(), replaced))
                if len(places):
                    rules = np.full(len(places), SUPERSEDED, object)
                    self._held.add(quarantine.rows(table.take(pa.array(places)), rules))
        self._held.path.unlink(missing_ok=True)  # of an earlier reading of the same file
        self._held.write(again)
        self._raw.write(np.concatenate([again, replaced]))

    def _read_again(self) -> Iterator[pa.Table]:
        """The text of a file that came in batches; only its few replaced rows are wanted."""
        return (text.table for text in read_batches(self.file.path, self.extract))

    def _with_provenance(self, rows: pa.Table) -> pa.Table:
        """Canonical columns, then where each row came from."""
        batch, count = self.batch, rows.num_rows
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


def _joined(parts: list[np.ndarray], kind: type, shape: tuple[int, ...] = (0,)) -> np.ndarray:
    return np.concatenate(parts) if parts else np.empty(shape, kind)


def unusable(batch: Batch, extract: Extract, error: Exception) -> Batch:
    """The verdict on a file that no row could be had from: whatever it does to a parser, the night goes on."""
    if isinstance(error, UnreadableFileError):
        fault = Fault(error.rule, True, error.finding_zh, error.finding_en)
        return refused(batch, [fault, *(guessed(batch, extract) if error.rule == "file:columns_missing" else ())])
    kind = type(error).__name__  # its text may quote values
    return replace(refused(batch, [Fault("file:failed", True, kind, kind)]), verdict="failed")
