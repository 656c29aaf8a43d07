"""Whether a batch is used, used with a warning, or refused: decided once, at reception, from its counts."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from ingest.batches import Batch
from ingest.spec import Extract

USUAL_MINIMUM = 50
"""Below this many rows a usual volume says nothing."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a batch as a whole."""

    rule: str
    zh: str
    en: str
    refuses: bool


def judge_batch(batch: Batch, extract: Extract, history: list[Batch]) -> Fault | None:
    """The gravest fault of a batch, or None. `history`: earlier batches of the same extract."""
    rows = batch.loaded + batch.quarantined
    if rows == 0 and not extract.may_be_empty:
        snapshot = extract.delivery_mode() == "snapshot"
        return Fault("file:no_rows", "文件只有表头,没有数据", "the file has a header and no rows", refuses=snapshot)
    if rows and batch.quarantined / rows > extract.max_reject_share and batch.quarantined > 5:
        share = f"{batch.quarantined / rows:.0%}"
        limit = f"{extract.max_reject_share:.0%}"
        return Fault(
            "file:too_many_rejects",
            f"不合格行占 {share},超过上限 {limit}",
            f"{share} of its rows break a rule (limit {limit})",
            refuses=True,
        )
    good = [b for b in history if b.is_accepted and b.scope == batch.scope and b.received_on <= batch.received_on]
    is_snapshot = extract.delivery_mode() == "snapshot"
    return (_drop(batch, extract, good) if is_snapshot else _volume(batch, good)) or _unknown_columns(batch)


def _unknown_columns(batch: Batch) -> Fault | None:
    """A column that the spec does not name may be a renamed one: the batch is used and the column is told."""
    names = [name for name in batch.unknown_headers if not any(map(str.isdigit, name))]  # digits may be somebody's data
    if not batch.unknown_headers:
        return None
    told = "、".join(names) or f"{len(batch.unknown_headers)}"
    return Fault(
        "file:unknown_columns",
        f"出现未登记的列:{told}",
        f"columns that the spec does not name: {told}",
        refuses=False,
    )


def _drop(batch: Batch, extract: Extract, good: list[Batch]) -> Fault | None:
    """A snapshot that lost most of its rows is a broken export, not a wave of departures."""
    if not good or good[-1].loaded < USUAL_MINIMUM:
        return None
    drop = 1 - batch.loaded / good[-1].loaded
    if drop <= extract.max_drop_share:
        return None
    return Fault(
        "file:dropped",
        f"行数比上次少 {drop:.0%}({good[-1].loaded} → {batch.loaded})",
        f"{drop:.0%} fewer rows than last time ({good[-1].loaded} → {batch.loaded})",
        refuses=True,
    )


def _volume(batch: Batch, good: list[Batch]) -> Fault | None:
    """A day whose volume is far from the same weekday of the last weeks is used, with a warning."""
    weekday = batch.business_date.weekday()
    days = {
        b.business_date: b.loaded
        for b in good
        if b.business_date.weekday() == weekday and len(b.name) == len(batch.name)
    }
    last = [days[day] for day in sorted(days) if day < batch.business_date][-4:]
    if len(last) < 3 or (usual := statistics.median(last)) < USUAL_MINIMUM:
        return None
    if usual / 5 <= batch.loaded <= usual * 5:
        return None
    return Fault(
        "file:unusual_volume",
        f"行数 {batch.loaded},同一星期几通常约 {usual:.0f}",
        f"{batch.loaded} rows where the same weekday usually has about {usual:.0f}",
        refuses=False,
    )
