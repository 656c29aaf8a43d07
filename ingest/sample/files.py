"""Which file a row belongs to, when that file reaches the outbox, and how files are written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.sample import days
from ingest.sample import parameters as p

SUFFIX = {
    "picc": ("保单清单_", ".csv"),
    "pingan": ("平安续保_", ".xlsx"),
    "dadi": ("policy_", ".txt"),
    "phone": ("cdr-", ".csv"),
    "picc_claims": ("理赔清单_", ".csv"),
    "pingan_claims": ("平安理赔_", ".csv"),
    "pingan_requests": ("平安询价_", ".csv"),
    "dadi_claims": ("claim_", ".txt"),
    "phone_hotline": ("热线登记_", ".csv"),
}
"""Per feed how its files are called; a feed is a source, or a source and what else it sends."""
TROUBLE = {  # source -> (business day and day of full arrival, both after the anchor)
    "picc": (p.TRUNCATED_A - 1, p.CORRECTED_A),
    "pingan": (p.LATE_B - 1, p.ARRIVED_B),
    "dadi": (p.UNMARKED_C - 1, p.MARKED_C),
    "pingan_claims": (p.LATE_B - 1, p.ARRIVED_B),
    "pingan_requests": (p.LATE_B - 1, p.ARRIVED_B),
}


@dataclass(frozen=True)
class Delivery:
    """One file: its name, the days it covers, the as_of from which it lies there complete."""

    feed: str
    name: str
    first_day: int
    last_day: int
    delivered_on: int


def folder(feed: str) -> str:
    """The source that sends a feed; its folder in the outbox."""
    return feed.split("_")[0]


def number_rows(table: pd.DataFrame, first_record: np.ndarray | int) -> pd.DataFrame:
    """Adds row_number, the 1-based physical record number in the row's file."""
    keys = ["source", "file_name"] if "source" in table else ["file_name"]
    return table.assign(row_number=table.groupby(keys, sort=False).cumcount().to_numpy() + first_record)


def first_day_of_history(anchor: int) -> int:
    """First day of the month that lies HISTORY_MONTHS before the anchor's month."""
    return int(days.month_first(days.month_index(np.array([anchor])) - p.HISTORY_MONTHS)[0])


def stamps(event_on: np.ndarray, anchor: int) -> np.ndarray:
    """'YYYYMM' for days before the anchor's month, 'YYYYMMDD' from then on."""
    daily = days.month_index(event_on) >= days.month_index(np.array([anchor]))[0]
    whole = np.array([text.replace("-", "") for text in days.text(event_on)], dtype=object)
    return np.where(daily, whole, np.array([text[:6] for text in whole], dtype=object))


def file_names(feed: str, event_on: np.ndarray, anchor: int) -> np.ndarray:
    """The name of the file that holds what happened on each day."""
    head, tail = SUFFIX[feed]
    return head + stamps(event_on, anchor) + tail


def available_on(feed: str, event_on: np.ndarray, anchor: int) -> np.ndarray:
    """First as_of at which the rows of each day lie in the outbox, complete and readable."""
    due = np.maximum(np.asarray(event_on) + 1, anchor)
    day, arrives = TROUBLE.get(feed, (None, None))
    return due if day is None else np.where(np.asarray(event_on) == anchor + day, anchor + arrives, due)


def in_troubled_file(source: str, event_on: np.ndarray, anchor: int) -> np.ndarray:
    """Rows of the truncated, late or unmarked file: no other defect is put there."""
    day, _ = TROUBLE.get(source, (None, None))
    return np.zeros(len(event_on), dtype=bool) if day is None else np.asarray(event_on) == anchor + day


def deliveries(feed: str, anchor: int, after: int, upto: int) -> Iterator[Delivery]:
    """Files that arrive complete on an as_of in (after, upto], in order of their days."""
    month = int(days.month_index(np.array([anchor]))[0])
    head, tail = SUFFIX[feed]
    for back in range(p.HISTORY_MONTHS, 0, -1):
        first, following = (int(d) for d in days.month_first(np.array([month - back, month - back + 1])))
        if after < anchor <= upto:
            yield Delivery(feed, f"{head}{days.to_date(first):%Y%m}{tail}", first, following - 1, anchor)
    for day in range(int(days.month_first(np.array([month]))[0]), upto):
        on = int(available_on(feed, np.array([day]), anchor)[0])
        if after < on <= upto:
            yield Delivery(feed, f"{head}{days.to_date(day):%Y%m%d}{tail}", day, day, on)


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)


def write_parquet(path: Path, table: object) -> None:
    """Writes a DataFrame whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    table.to_parquet(unfinished, index=False)  # type: ignore[attr-defined]
    os.replace(unfinished, path)
