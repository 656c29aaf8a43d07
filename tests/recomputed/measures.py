"""All recomputed tables of a night, by the name of the published table and its grain."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pandas as pd

from tests.recomputed.bonus import bonuses
from tests.recomputed.book import Book
from tests.recomputed.cascade import Cascade, cascade_monthly
from tests.recomputed.compared import differences
from tests.recomputed.concession import Concessions
from tests.recomputed.inputs import Inputs
from tests.recomputed.renewal_rate import due_vehicles, renewal_rate
from tests.recomputed.segments import Freeze
from tests.recomputed.universe import Universe

GRAINS = {
    "kpi_renewal_rate_monthly": ["store_id", "segment", "expiry_month"],
    "kpi_staff_bonus_monthly": ["store_id", "staff_id", "role", "month"],
    "fct_cascade_step": ["store_id", "vehicle_key", "expiry_month", "step"],
    "kpi_cascade_monthly": ["store_id", "expiry_month", "step"],
    "kpi_concession_mix_monthly": ["store_id", "staff_id", "expiry_month", "step"],
    "kpi_concession_average_monthly": ["store_id", "staff_id", "expiry_month"],
}


def recomputed(home: Path, published: Path, key: bytes) -> dict[str, pd.DataFrame]:
    """Table → rows, from the inputs of the night that `published` is of; `key` makes the pseudonyms of vehicles."""
    universe = Universe(Inputs(home, published))
    freeze, book = Freeze(universe), Book(universe)
    concessions = Concessions(universe, freeze, book)
    steps = pd.DataFrame(Cascade(universe, book).rows(), dtype=object)
    keys = [hmac.new(key, f"vin:{vin}".encode(), hashlib.sha256).hexdigest()[:32] for vin in steps["vin"]]
    return {
        "kpi_renewal_rate_monthly": renewal_rate(universe, due_vehicles(universe, freeze)),
        "kpi_staff_bonus_monthly": bonuses(universe, freeze, book),
        "fct_cascade_step": steps.drop(columns="vin").assign(vehicle_key=keys),
        "kpi_cascade_monthly": cascade_monthly(steps),
        "kpi_concession_mix_monthly": concessions.mix(),
        "kpi_concession_average_monthly": concessions.average(),
    }


def all_differences(home: Path, published: Path, key: bytes) -> list[str]:
    """What the published tables say otherwise than the recomputed ones; and a table without rows proves nothing."""
    told = []
    for table, mine in recomputed(home, published, key).items():
        told += differences(mine, published, table, GRAINS[table]) if len(mine) else [f"{table}: no rows"]
    return told
