"""The sample group repeats itself byte for byte, grows by whole days and misbehaves on the nights it says."""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest import sample
from ingest.sample import parameters as p

ANCHOR = date(2026, 11, 24)


def night(number: int) -> date:
    return ANCHOR + timedelta(days=number)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its relative name; a SQLite file by what is in it."""
    out = {}
    for path in sorted(f for f in folder.rglob("*") if f.is_file()):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".sqlite":
            connection = sqlite3.connect(path)
            out[name] = "\n".join(connection.iterdump()).encode()
            connection.close()
        else:
            out[name] = path.read_bytes()
    return out


def test_one_jump_in_another_process_and_place_gives_the_same_bytes_as_night_by_night(grown, tmp_path):
    there = {**os.environ, "TZ": "America/New_York", "LANG": "C", "PYTHONHASHSEED": "77"}
    for as_of in (ANCHOR, grown.last):
        command = [sys.executable, "-m", "ingest.sample", "--as-of", as_of.isoformat(), "--home", str(tmp_path)]
        subprocess.run([*command, "--vehicles", "400"], env=there, check=True, cwd=Path(__file__).parents[3])
    here, elsewhere = contents(grown.home / "sample"), contents(tmp_path / "sample")
    assert sorted(here) == sorted(elsewhere)
    different = [name for name in here if here[name] != elsewhere[name]]
    assert different == []


def test_an_earlier_or_equal_date_changes_nothing(grown):
    before = contents(grown.home / "sample")
    sample.grow(grown.home, grown.last, vehicles=400)
    sample.grow(grown.home, ANCHOR, vehicles=400)
    assert contents(grown.home / "sample") == before


def test_files_once_handed_over_never_change_but_for_the_corrected_one_and_the_dms(grown):
    nights = sorted(grown.states)
    for today, tomorrow in itertools.pairwise(nights):
        old, new = contents(grown.states[today]), contents(grown.states[tomorrow])
        changed = {name for name in old if old[name] != new[name]}
        corrected = {"picc/保单清单_20261125.csv"} if tomorrow == night(p.CORRECTED_A) else set()
        assert changed == {"dms/dms.sqlite"} | corrected


def test_on_the_announced_nights_a_file_is_cut_late_or_without_its_marker(grown):
    def state(number: int) -> dict[str, bytes]:
        return contents(grown.states[night(number)])

    cut = state(p.TRUNCATED_A)["picc/保单清单_20261125.csv"]
    whole = state(p.CORRECTED_A)["picc/保单清单_20261125.csv"]
    assert whole.startswith(cut) and len(cut) < len(whole)
    assert not cut.endswith(b"\r\n") and "合计" not in cut.decode("gb18030")
    assert "pingan/平安续保_20261126.xlsx" not in state(p.LATE_B)
    assert {"pingan/平安续保_20261126.xlsx", "pingan/平安续保_20261127.xlsx"} <= set(state(p.ARRIVED_B))
    unmarked, marked = state(p.UNMARKED_C), state(p.MARKED_C)
    assert "dadi/policy_20261127.txt" in unmarked and "dadi/policy_20261127.txt.ok" not in unmarked
    assert unmarked["dadi/policy_20261127.txt"] == marked["dadi/policy_20261127.txt"]
    assert "dadi/policy_20261127.txt.ok" in marked
    events = grown.truth("batches")
    assert set(events["event"]) == {"truncated", "corrected", "late", "arrived", "unmarked", "marked"}


def test_every_night_has_a_file_of_the_day_before_from_every_source(grown):
    names = set(contents(grown.states[ANCHOR]))
    expected = {"picc/保单清单_20261123.csv", "pingan/平安续保_20261123.xlsx", "dadi/policy_20261123.txt",
                "phone/cdr-20261123.csv", "picc/保单清单_202405.csv", "dms/dms.sqlite"}  # fmt: skip
    assert expected <= names
    assert not any("20261124" in name for name in names)


def test_another_seed_or_a_day_beyond_the_horizon_is_refused_with_advice(grown, tmp_path):
    with pytest.raises(sample.SampleSeedError, match="begun with seed"):
        sample.grow(grown.home, grown.last, seed=1, vehicles=400)
    shutil.copytree(grown.home, tmp_path / "home")
    with pytest.raises(sample.SampleHorizonError, match="begin anew"):
        sample.grow(tmp_path / "home", ANCHOR + timedelta(days=p.HORIZON_DAYS + 1), vehicles=400)
