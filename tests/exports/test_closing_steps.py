"""The steps of monthly_close outside the warehouse: which night it closes from, and when it closes nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from exports.shelf import NotPublishedError
from exports.steps import published_step
from ingest.closing import close_step


def published(home: Path, as_of: str) -> Path:
    """A published folder of a night, without a warehouse in it, in force."""
    folder = home / "published" / f"{as_of}-b1"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"as_of": as_of}))
    (home / "published" / "current").unlink(missing_ok=True)
    os.symlink(folder.name, home / "published" / "current")
    return folder


def test_a_month_is_closed_from_the_night_in_force_or_the_one_asked_for(home: Path) -> None:
    earlier, later = published(home, "2026-12-02"), published(home, "2026-12-03")
    assert published_step(None) == str(later)
    assert published_step("2026-12-02") == str(earlier)
    with pytest.raises(NotPublishedError, match="Nothing is published for 2026-12-01"):
        published_step("2026-12-01")


def test_without_a_published_night_it_says_what_to_do(home: Path) -> None:
    with pytest.raises(NotPublishedError, match="run `make nightly` first"):
        published_step(None)


def test_a_rebuild_closes_nothing(home: Path) -> None:
    """A night older than the newest that received files: its warehouse is not even opened."""
    pulled = home / "raw" / "_pulls" / "dms" / "2026-12-04.json"
    pulled.parent.mkdir(parents=True)
    pulled.write_text("{}")
    assert close_step(str(published(home, "2026-12-03"))) == 0
    assert not (home / "archive").exists()
