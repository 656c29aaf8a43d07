"""One small sample group, grown night by night, and what a careful reader of its files finds there."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from ingest import sample

ANCHOR = date(2026, 11, 24)
NIGHTS = 9
VEHICLES = 400


@dataclass(frozen=True)
class Grown:
    """A home grown night by night; `states` holds a copy of the insurers' files as each night found them."""

    home: Path
    states: dict[date, Path]
    truths: dict[date, Path]

    @property
    def outbox(self) -> Path:
        return self.home / "sample" / "outbox"

    @property
    def last(self) -> date:
        return max(self.states)

    def truth(self, name: str, as_of: date | None = None) -> pd.DataFrame:
        return pd.read_parquet(self.truths[as_of or self.last] / f"{name}.parquet")


@pytest.fixture(scope="session")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Grown:
    """The sample group night by night from the anchor on."""
    root = tmp_path_factory.mktemp("sample")
    states, truths = {}, {}
    for night in range(NIGHTS):
        as_of = ANCHOR + timedelta(days=night)
        sample.grow(root / "home", as_of, vehicles=VEHICLES)
        states[as_of] = root / "states" / as_of.isoformat()
        shutil.copytree(root / "home" / "sample" / "outbox", states[as_of])
        truths[as_of] = root / "truths" / as_of.isoformat()
        shutil.copytree(root / "home" / "sample" / "truth", truths[as_of])
    return Grown(root / "home", states, truths)
