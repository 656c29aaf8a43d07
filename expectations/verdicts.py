"""Whether a batch is used, used with a warning, or refused: decided once, at reception, from its counts."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, replace

from expectations import drift
from ingest.batches import Batch
from ingest.corrections import Correction, correction_of
from ingest.rules import rule as rule_of
from ingest.spec import Extract

USUAL_MINIMUM = 50
"""Below this many rows a usual volume says nothing."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a batch as a whole: a rule of files, and what was found in this one."""

    rule: str
    refuses: bool
    finding_zh: str = ""
    finding_en: str = ""

    @property
    def words(self) -> tuple[str, str]:
        """What people read, in Chinese and English."""
        return rule_of(self.rule).told(self.finding_zh, self.finding_en)

    def as_told(self) -> dict[str, str]:
        """As it stands in the sidecar."""
        zh, en = self.words
        return {"rule": self.rule, "zh": zh, "en": en}


def judge_batch(batch: Batch, extract: Extract, history: list[Batch]) -> list[Fault]:
    """Every fault of a batch, gravest first. `history`: earlier batches of the same extract."""
    accepted = [b for b in history if b.is_accepted and b.received_on <= batch.received_on]
    if correction := correction_of(batch.name):
        return list(_correction(batch, [b for b in accepted if b.name != batch.name], correction))
    good = [b for b in accepted if b.scope == batch.scope and not correction_of(b.name)]
    is_snapshot = extract.delivery_mode() == "snapshot"
    found = [
        *_no_rows(batch, extract),
        *_rejects(batch, extract),
        *(_drop(batch, extract, good) if is_snapshot else _volume(batch, good)),
        *_columns(batch, extract, good),
        *_other_scope(batch),
        *_other_period(batch),
        *_early(batch, extract),
        *_same_rows(batch, extract, accepted),
    ]
    return sorted(found, key=lambda fault: not fault.refuses)


def refused(batch: Batch, faults: list[Fault]) -> Batch:
    """The batch as not used; its message names all its faults and says how to mend the gravest."""
    told = [fault.as_told() for fault in faults]
    zh, en = ";".join(fault["zh"] for fault in told), "; ".join(fault["en"] for fault in told)
    rule = rule_of(faults[0].rule)
    return replace(
        batch,
        verdict="refused",
        rule=faults[0].rule,
        faults=told,
        loaded=0,
        quarantined=0,
        raw=None,
        message_zh=f"{batch.name}:{zh}。{rule.fix_zh}。继续使用上一次的有效数据,请联系{batch.owner}",
        message_en=f"{en}; {rule.fix_en}. The last good batch stays in force; ask {batch.owner}.",
    )


def warned(batch: Batch, faults: list[Fault]) -> Batch:
    """The batch as used with a warning that names all its faults."""
    told = [fault.as_told() for fault in faults]
    return replace(
        batch,
        verdict="accepted_with_warning",
        rule=faults[0].rule,
        faults=told,
        message_zh=";".join(fault["zh"] for fault in told),
        message_en="; ".join(fault["en"] for fault in told),
    )


def _correction(batch: Batch, accepted: list[Batch], correction: Correction) -> Iterator[Fault]:
    """Corrected rows need the file they came from. More rows than went back are let in and told: whoever may write
    them may also send the whole file, but a whole file under this name is more likely a mistake.
    """
    original = [b for b in accepted if b.name == correction.original]
    if not original:
        yield Fault("file:nothing_to_correct", True, f"“{correction.original}”", correction.original)
        return
    others = [b for b in accepted if (c := correction_of(b.name)) and c.original == correction.original]
    sent_back = original[-1].quarantined + sum(b.quarantined for b in others)
    rows = batch.loaded + batch.quarantined
    if rows > sent_back:
        yield Fault("file:more_than_sent_back", False, f"{rows} / {sent_back}", f"{rows} / {sent_back}")


def _no_rows(batch: Batch, extract: Extract) -> Iterator[Fault]:
    if batch.loaded + batch.quarantined == 0 and not extract.may_be_empty:
        yield Fault("file:no_rows", extract.delivery_mode() == "snapshot")


def _rejects(batch: Batch, extract: Extract) -> Iterator[Fault]:
    """Five rows are always let off: in a small file one typist's mistakes are no broken export."""
    rows = batch.loaded + batch.quarantined
    if rows and batch.quarantined / rows > extract.max_reject_share and batch.quarantined > 5:
        share, limit = f"{batch.quarantined / rows:.0%}", f"{extract.max_reject_share:.0%}"
        yield Fault("file:too_many_rejects", True, f"{share},上限 {limit}", f"{share}, limit {limit}")


def _other_scope(batch: Batch) -> Iterator[Fault]:
    """Mostly another store's rows under this store's name: the file is not used, it would come in twice. A few of
    them may be right (a vehicle that moved), and are told."""
    for name, count in batch.elsewhere.items():
        found = f"{name}: {count} / {batch.loaded}"
        yield Fault("file:other_scope", count * 2 > batch.loaded, found, found)


def _other_period(batch: Batch) -> Iterator[Fault]:
    """Not one row is of the month its name is about: yesterday's or last month's file under today's name. Few rows
    prove as much as many, because one that fits is enough; it is told, because a backlog looks the same."""
    if batch.in_period == 0 and batch.loaded:
        month = f"{batch.business_date:%Y-%m}"
        yield Fault("file:other_period", False, month, month)


def _early(batch: Batch, extract: Extract) -> Iterator[Fault]:
    """It is kept, and its rows count from the night after the day it is about (selection)."""
    if batch.business_date >= batch.received_on and extract.files:
        day = f"{batch.business_date}"
        yield Fault("file:early", False, day, day)


def _same_rows(batch: Batch, extract: Extract, accepted: list[Batch]) -> Iterator[Fault]:
    """The rows of an earlier file, saved again under another name. A snapshot may well not have changed."""
    if batch.content and extract.files and extract.delivery_mode() == "delta":
        same = [b.name for b in accepted if b.content == batch.content and b.name != batch.name]
        if same:
            yield Fault("file:same_rows", False, same[0], same[0])


def judge_values(batch: Batch, extract: Extract, history: list[Batch]) -> list[Fault]:
    """The fault of a used batch whose values are spread unlike those of the files before; [] if there is none."""
    good = [b for b in history if b.is_accepted and b.scope == batch.scope and b.received_on <= batch.received_on]
    found = list(drift.jumps(batch, extract, [b for b in good if not correction_of(b.name)]))
    if not found or correction_of(batch.name):
        return []
    rest = len(found) - drift.MOST_TOLD
    more_zh, more_en = (f";另有 {rest} 项", f"; {rest} more") if rest > 0 else ("", "")
    zh, en = (list(words)[: drift.MOST_TOLD] for words in zip(*found, strict=True))
    return [Fault("file:values_shifted", False, ";".join(zh) + more_zh, "; ".join(en) + more_en)]


def _columns(batch: Batch, extract: Extract, good: list[Batch]) -> Iterator[Fault]:
    """Columns that went, came, or did both under another name. The file is used; what it lacks is blank."""
    gone, renamed = drift.columns_gone(batch, extract, good)
    yield from _renamed(renamed)
    if left := [name for name in gone if name not in renamed]:
        yield Fault("file:columns_gone", False, "、".join(left), ", ".join(left))
    if unknown := [name for name in batch.unknown_headers if name not in renamed.values()]:
        told = _told(unknown)
        yield Fault("file:unknown_columns", False, told, told)


def guessed(batch: Batch, extract: Extract) -> Iterator[Fault]:
    """Of a file that lacks required columns: what they may be called now."""
    yield from _renamed({"/".join(extract.columns[name].headers): new for name, new in batch.renamed.items()})


def _renamed(headers: dict[str, str]) -> Iterator[Fault]:
    if headers:
        told = "、".join(f"“{old}” → “{re.sub('[0-9]', '#', new)}”" for old, new in headers.items())
        yield Fault("file:columns_renamed", False, told, told)


def _told(headers: list[str]) -> str:
    """Headers of a file as they may be told: one with digits may be somebody's data, and is only counted."""
    return "、".join(name for name in headers if not any(map(str.isdigit, name))) or f"{len(headers)}"


def _drop(batch: Batch, extract: Extract, good: list[Batch]) -> Iterator[Fault]:
    """A snapshot that lost most of its rows is a broken export, not a wave of departures."""
    if good and good[-1].loaded >= USUAL_MINIMUM:
        before, now = good[-1].loaded, batch.loaded
        drop = 1 - now / before
        if drop > extract.max_drop_share:
            yield Fault("file:dropped", True, f"少 {drop:.0%}:{before} → {now}", f"{drop:.0%} fewer: {before} → {now}")


def _volume(batch: Batch, good: list[Batch]) -> Iterator[Fault]:
    """A day whose volume is far from the same weekday of the last weeks is used, with a warning."""
    weekday, kind = batch.business_date.weekday(), drift.kind_of(batch)
    alike = [b for b in good if b.business_date.weekday() == weekday and drift.kind_of(b) == kind]
    days = {b.business_date: b.loaded for b in alike}
    last = [days[day] for day in sorted(days) if day < batch.business_date][-4:]
    if len(last) < 3 or (usual := statistics.median(last)) < USUAL_MINIMUM:
        return
    if not usual / 5 <= batch.loaded <= usual * 5:
        found = f"{batch.loaded} / {usual:.0f}"
        yield Fault("file:unusual_volume", False, f"本次/通常 {found}", f"this one / usual: {found}")
