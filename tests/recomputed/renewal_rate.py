"""Renewal rate per store, segment and expiry month, counted in vehicles (L170)."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_CEILING, Decimal

import pandas as pd

from tests.recomputed.inputs import last_day
from tests.recomputed.ratios import ratio
from tests.recomputed.segments import Freeze
from tests.recomputed.universe import Universe

KEYS = ["store_id", "segment", "expiry_month"]


def due_vehicles(universe: Universe, freeze: Freeze) -> pd.DataFrame:
    """One row per due vehicle with what is counted."""
    rows = [
        {
            "store_id": due.store_id, "vin": due.vin, "expiry_month": due.expiry_month, "expires_on": due.expires_on,
            "segment": freeze.segment(due), "target_rate": freeze.target_rate(due), "outcome": due.outcome,
            "is_estimated": due.is_estimated, "is_late_entry": universe.is_late_entry(due),
            "renewed_on": universe.renewed_on(due),
            "is_commercial": any(policy.kind == "commercial" for policy in due.renewals),
        }
        for due in universe.due
    ]  # fmt: skip
    return pd.DataFrame(rows, dtype=object)


def renewal_rate(universe: Universe, due: pd.DataFrame) -> pd.DataFrame:
    """The columns of kpi_renewal_rate_monthly."""
    found = []
    for (store, segment, month), rows in due.groupby(KEYS):
        outcomes = rows["outcome"].value_counts()
        here = rows[rows["outcome"] == "renewed_here"]
        (target,) = {None if rate is None else Decimal(rate) for rate in rows["target_rate"]}
        window = universe.parameter("window_after_days", store, month)
        found.append(
            {
                "store_id": store, "segment": segment, "expiry_month": month, "due_vehicles": len(rows),
                **{name: int(outcomes.get(name, 0)) for name in ("renewed_here", "renewed_elsewhere", "lost", "open")},
                "renewal_rate": ratio(len(here), len(rows)),
                "target_rate": target,
                "target_vehicles": None if target is None else int((len(rows) * target).to_integral_value(ROUND_CEILING)),
                "is_matured": universe.as_of > last_day(month) + timedelta(days=window),
                "commercial_renewed_here": int(here["is_commercial"].sum()),
                "commercial_renewal_rate": ratio(int(here["is_commercial"].sum()), len(rows)),
                "estimated_vehicles": int(rows["is_estimated"].sum()),
                "late_entry_vehicles": int(rows["is_late_entry"].sum()),
            }
        )  # fmt: skip
    return pd.DataFrame(found, dtype=object)
