"""Workshop orders and new-car sales as the DMS keeps them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingest.sample import days, people
from ingest.sample import parameters as p

NEVER = days.NEVER


def make_orders(seed: int, visits: pd.DataFrame, vehicles: pd.DataFrame, staff: pd.DataFrame) -> pd.DataFrame:
    """One row per workshop order; delivery inspections on the day of sale. Times in local seconds, money in fen."""
    rng = p.stream(seed, "orders")
    sold = vehicles[vehicles["sold_on"] < NEVER]
    sold = sold[sold["is_new"]]
    rows = pd.DataFrame(
        {
            "vehicle": np.concatenate([visits["vehicle"], sold["vehicle"]]),
            "opened_on": np.concatenate([visits["opened_on"], sold["sold_on"]]),
            "is_delivery": np.concatenate([np.zeros(len(visits), dtype=bool), np.ones(len(sold), dtype=bool)]),
        }
    )
    opened = rows["opened_on"].to_numpy() * 86400 + rng.integers(8 * 3600, 17 * 3600, len(rows))
    rows = rows.assign(opened_at=opened).sort_values(["opened_at", "vehicle"], ignore_index=True)
    count = len(rows)
    kind = np.array(list(p.ORDER_KINDS), dtype=object)[rng.choice(3, count, p=list(p.ORDER_KINDS.values()))]
    kind = np.where(rows["is_delivery"], "交车检查", kind)
    stay = rng.integers(1800, 6 * 3600, count)
    stay = np.where((kind == "事故") | (rng.random(count) < 0.05), stay + 86400 * rng.integers(1, 9, count), stay)
    amount = np.round(np.where(kind == "事故", rng.lognormal(8.0, 0.8, count), rng.lognormal(6.4, 0.7, count)), 2) * 100
    v = vehicles.iloc[rows["vehicle"].to_numpy()]
    advisor = people.on_duty(
        staff, "服务顾问", v["store_id"].to_numpy(), v["advisor"].to_numpy(), rows["opened_on"].to_numpy()
    )
    return pd.DataFrame(
        {
            "order_number": np.array([f"RO{n:07d}" for n in range(1, count + 1)], dtype=object),
            "store_id": v["store_id"].to_numpy(),
            "vin": v["vin"].to_numpy(),
            "order_kind": kind,
            "staff_id": advisor,
            "opened_at": rows["opened_at"].to_numpy(),
            "closed_at": rows["opened_at"].to_numpy() + stay,
            "amount_fen": np.where((kind == "保修") | (kind == "交车检查"), 0, np.round(amount)).astype(np.int64),
        }
    )


def make_sales(seed: int, vehicles: pd.DataFrame, staff: pd.DataFrame) -> pd.DataFrame:
    """One row per car sold by a store, also long before the history of the insurers' files."""
    rng = p.stream(seed, "sales")
    v = vehicles[vehicles["sold_on"] < NEVER].sort_values(["sold_on", "vehicle"], ignore_index=True)
    seller = people.on_duty(
        staff, "销售顾问", v["store_id"].to_numpy(), v["consultant"].to_numpy(), v["sold_on"].to_numpy()
    )
    return pd.DataFrame(
        {
            "sale_number": np.array([f"SO{n:06d}" for n in range(1, len(v) + 1)], dtype=object),
            "store_id": v["store_id"],
            "vin": v["vin"],
            "customer_id": np.array([f"C{n:06d}" for n in v["customer"]], dtype=object),
            "staff_id": seller,
            "sold_on": v["sold_on"],
            "price_fen": v["paid_price"] * 100,
            "updated_at": v["sold_on"] * 86400 + rng.integers(9 * 3600, 19 * 3600, len(v)),
        }
    )
