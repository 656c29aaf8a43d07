"""The sample group grows day by day: what lies in the outbox before the night of each as_of."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import pandas as pd

from ingest.sample import days, emit_dms, emit_insurers, emit_ledgers, emit_phone, files, returned, truth
from ingest.sample import parameters as p
from ingest.sample.world import World, load_world

DEFAULT_SEED = 20260101
DEFAULT_VEHICLES = 12000


class SampleSeedError(ValueError):
    """The sample group of this home was begun with other parameters."""


class SampleHorizonError(ValueError):
    """The date lies beyond the days that the sample group's world was simulated for."""


def grow(home: Path, as_of: date, seed: int | None = None, vehicles: int | None = None) -> None:
    """Writes what the systems of the sample group hand over up to the night of `as_of`, under home/sample/.

    The first call fixes anchor, seed and number of vehicles (kept in sample.json) and writes the whole history; a later date adds the
    days in between; an earlier or equal date adds nothing but returned lists that are still missing.
    Raises SampleSeedError for another seed or number of vehicles, SampleHorizonError beyond the horizon.
    """
    root = Path(home) / "sample"
    diary = root / "sample.json"
    state = (
        json.loads(diary.read_text("utf-8"))
        if diary.exists()
        else {
            "anchor": as_of.isoformat(),
            "seed": DEFAULT_SEED if seed is None else seed,
            "vehicles": DEFAULT_VEHICLES if vehicles is None else vehicles,
            "as_of": "",
        }
    )
    seed = state["seed"] if seed is None else seed
    vehicles = state["vehicles"] if vehicles is None else vehicles
    if (state["seed"], state["vehicles"]) != (seed, vehicles):
        raise SampleSeedError(
            f"{diary}: begun with seed {state['seed']} and {state['vehicles']} vehicles, asked for {seed} and {vehicles}.\n"
            f"Use the same parameters, or delete {root} to begin anew."
        )
    anchor, today = days.day(date.fromisoformat(state["anchor"])), days.day(as_of)
    before = days.day(date.fromisoformat(state["as_of"])) if state["as_of"] else anchor - 1
    if today > anchor + p.HORIZON_DAYS:
        last = days.to_date(anchor + p.HORIZON_DAYS)
        raise SampleHorizonError(
            f"{as_of} lies beyond {last}, the last day of the sample group begun on "
            f"{state['anchor']}.\nDelete {root} to begin anew with a later date."
        )
    outbox = root / "outbox"
    (outbox / "returned").mkdir(parents=True, exist_ok=True)
    if today <= before:
        returned.return_lists(home, as_of)
        return
    with pd.option_context("future.infer_string", False):  # plain Python texts: they are read one by one
        world = load_world(root / "world", seed, anchor, vehicles)
        emit_files(world, outbox, anchor, before, today)
        emit_dms.write_dms(world, today, outbox / "dms" / "dms.sqlite")
        truth.write_truth(world, root / "truth", anchor, today)
    state["as_of"] = as_of.isoformat()
    files.write_bytes(diary, (json.dumps(state, ensure_ascii=False, indent=1) + "\n").encode("utf-8"))
    returned.return_lists(home, as_of)


def emit_files(world: World, outbox: Path, anchor: int, before: int, today: int) -> None:
    """All files that arrive on an as_of in (before, today], and tonight's unfinished ones.

    Tonight insurer A's file may be cut in mid-row, or insurer C's may lie there without its marker.
    """
    policies, quotes, calls = (by_file(table) for table in (world.policies, world.quotes, world.calls))
    claims, requests, hotline = (by_file(table) for table in (world.claims, world.quote_requests, world.hotline))
    old_until = int(days.month_first(days.month_index([anchor]) - p.HISTORY_MONTHS + p.OLD_VINTAGE_MONTHS)[0])

    def content(file: files.Delivery) -> bytes:
        if file.feed == "phone":
            return emit_phone.cdr_csv(calls(file))
        if file.feed == "phone_hotline":
            return emit_ledgers.hotline_file(hotline(file))
        if file.feed == "pingan_requests":
            return emit_ledgers.requests_file(requests(file))
        if file.feed.endswith("_claims"):
            return emit_ledgers.claims_file(file.feed, claims(file))
        if file.feed == "picc":
            return emit_insurers.picc_csv(policies(file))
        if file.feed == "dadi":
            return emit_insurers.dadi_text(policies(file), file.first_day < old_until)
        return emit_insurers.pingan_xlsx(
            policies(file), quotes(file), datetime.combine(days.to_date(file.last_day + 1), time())
        )

    for feed in files.SUFFIX:
        for file in files.deliveries(feed, anchor, before, today):
            files.write_bytes(outbox / files.folder(feed) / file.name, content(file))
            if feed == "dadi":
                files.write_bytes(outbox / feed / f"{file.name}.ok", b"")
    if before < anchor:
        for insurer, source in p.INSURER_SOURCE.items():
            rates = emit_ledgers.rates_file(insurer, anchor)
            files.write_bytes(outbox / source / emit_ledgers.rates_name(anchor), rates)
    for source, night in (("picc", p.TRUNCATED_A), ("dadi", p.UNMARKED_C)):
        if today == anchor + night:
            file = next(f for f in files.deliveries(source, anchor, today, today + 1) if f.first_day == today - 1)
            whole = content(file)
            files.write_bytes(
                outbox / source / file.name,
                emit_insurers.cut_in_mid_row(whole) if source == "picc" else whole,
            )


def by_file(table: pd.DataFrame) -> Callable[[files.Delivery], pd.DataFrame]:
    """A function that gives the rows of one file, in their order."""
    places = table.groupby(["source", "file_name"], sort=False).indices
    return lambda file: table.iloc[places.get((files.folder(file.feed), file.name), [])]
