"""Made-up rows of fct_propensity_feature whose truth is known: the log-odds are a sum over three features."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

MONTHS = {"learn": range(1, 10), "calibrate": range(10, 12), "hold_out": range(12, 13)}
SEGMENTS = np.array(["insured_here_last_year", "policy_known", "phone_only"])


def rows(vehicles: int = 3000, seed: int = 7, constant: float = -1.5) -> pa.Table:
    """A table as train_propensity reads it; `vehicles` a part-weighted total, the same for the same seed."""
    chance = np.random.default_rng(seed)
    month = chance.integers(1, 13, vehicles)
    segment = SEGMENTS[chance.integers(0, 3, vehicles)]
    visits = chance.poisson(2, vehicles)
    premium = np.round(chance.normal(3000, 900, vehicles), 2)
    last_visit = np.where(chance.random(vehicles) < 0.2, np.nan, chance.integers(1, 700, vehicles))
    odds = (
        constant
        + 1.6 * (segment == "insured_here_last_year")
        + 0.5 * visits
        - 0.002 * np.nan_to_num(last_visit, nan=600)
    )
    renewed = chance.random(vehicles) < 1 / (1 + np.exp(-odds))
    part = np.array([next(name for name, months in MONTHS.items() if m in months) for m in month])
    return pa.table(
        {
            "store_id": pa.array([f"00{n % 3 + 1}" for n in range(vehicles)]),
            "vehicle_key": pa.array([f"{n:032x}" for n in range(vehicles)]),
            "expiry_month": pa.array([date(2026, int(m), 1) for m in month]),
            "frozen_on": pa.array([date(2025, int(m), 1) for m in month]),
            "part": pa.array(part.tolist()),
            "is_renewed_here": pa.array(renewed),
            "segment_rate": pa.array(np.where(segment == "insured_here_last_year", 0.55, 0.25)),
            "segment": pa.array([None if n % 50 == 0 else s for n, s in enumerate(segment.tolist())], pa.string()),
            "visits": pa.array(visits),
            "commercial_amount": pa.array(premium),
            "last_visit_days": pa.array(last_visit, mask=np.isnan(last_visit)),
        }
    )
