"""The insurers' channels: who looks after which store, what they may spend there and what they spent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingest.sample import days
from ingest.sample import parameters as p
from ingest.sample.deals import numbered

DAY = 86400
CHANNEL_MANAGERS = {"PICC": ("周渠", "吴渠"), "PAIC": ("郑渠", "王渠"), "CCIC": ("冯渠", "陈渠")}


def make_channels(anchor: int) -> pd.DataFrame:
    """Each insurer's channel managers with the store each looks after; one was followed by another."""
    rows = []
    for insurer, (first, second) in CHANNEL_MANAGERS.items():
        for store in p.STORES:
            begin, change = anchor - 1200, anchor - 240
            name = f"{insurer}-{store.store_id}"
            if store.store_id == "002":
                rows.append((name, insurer, store.store_id, f"{insurer}1", first, begin, change - 1))
                rows.append((name, insurer, store.store_id, f"{insurer}2", second, change, int(days.NEVER)))
            else:
                rows.append((name, insurer, store.store_id, f"{insurer}1", first, begin, int(days.NEVER)))
    columns = ["channel_id", "insurer_code", "store_id", "manager_id", "manager_name", "valid_from", "valid_to"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(
        base_fen=200000,
        since=table["valid_from"] * DAY,
        valid_from=days.text(table["valid_from"]),
        valid_to=days.text(table["valid_to"]),
    )


def make_channel_spends(seed: int, channels: pd.DataFrame, first_day: int, last_day: int) -> pd.DataFrame:
    """What each channel may spend in a month, and what it spent."""
    rng = p.stream(seed, "channel spend")
    first, last = (int(m) for m in days.month_index([first_day, last_day]))
    months, each = np.arange(first, last + 1), channels.drop_duplicates("channel_id")
    kinds = np.array(["预算", "活动", "招待", "物料", "培训"], dtype=object)
    frame = pd.MultiIndex.from_product([months, each["channel_id"], kinds], names=["month", "channel_id", "kind"])
    rows = frame.to_frame(index=False).merge(each[["channel_id", "insurer_code", "store_id"]], on="channel_id")
    is_budget = (rows["kind"] == "预算").to_numpy()
    rows = rows.assign(
        on=days.month_first(rows["month"]) + np.where(is_budget, 0, rng.integers(1, 27, len(rows))),
        fen=np.where(is_budget, 1000000, np.round(rng.lognormal(7.0, 0.6, len(rows))) * 100).astype(np.int64),
    )[is_budget | (rng.random(len(rows)) < 0.7)]
    rows = rows.sort_values(["on", "channel_id", "kind"], ignore_index=True)
    return pd.DataFrame(
        {
            "spend_number": numbered("FY", len(rows), 6),
            "channel_id": rows["channel_id"],
            "insurer_code": rows["insurer_code"],
            "store_id": rows["store_id"],
            "spent_on": days.text(rows["on"]),
            "spend_kind": rows["kind"].astype(object),
            "amount_fen": rows["fen"],
            "since": rows["on"].astype(np.int64) * DAY + 17 * 3600,
        }
    )
