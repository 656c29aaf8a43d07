"""Nights in a row on the sample group, run once for all tests of this file.

What is published, what trouble does, what a rebuild gives; the sample's truth; the same bytes elsewhere.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from ingest.sample.parameters import EXTRACTS
from ingest.sample.truth import DMS_KEYS
from tests.end_to_end.conftest import (
    NIGHTS,
    Group,
    environment,
    night,
    prepare,
    published_bytes,
    quarantined,
    run_steps,
)  # fmt: skip
from tests.end_to_end.simulation import broken_promises, life, outcomes

ROOT = Path(__file__).resolve().parents[2]
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
RUN = """
import sys
from datetime import date
from pathlib import Path
from tests.end_to_end.conftest import environment, prepare, run_steps
home = Path(sys.argv[1])
for day in sys.argv[2:]:
    with environment(home):
        prepare(home, date.fromisoformat(day))
        for index in home.glob("state/index.sqlite"):
            index.unlink()
        print(run_steps(date.fromisoformat(day))[0])
"""


def sources_of(group: Group, number: int) -> dict[str, dict]:
    manifest = json.loads((group.published[number] / "manifest.json").read_text(encoding="utf-8"))
    return {f"{row['source']}.{row['extract']}": row for row in manifest["sources"]}


def test_a_quiet_night_is_healthy_and_a_troubled_one_degraded(group: Group) -> None:
    troubled = {2, 3, 4}  # truncated file, late insurer, missing marker
    assert {n: group.status[n] for n in range(NIGHTS)} == {
        n: "degraded" if n in troubled else "healthy" for n in range(NIGHTS)
    }


def test_a_truncated_file_is_named_with_its_owner_until_the_corrected_one_arrives(group: Group) -> None:
    row = sources_of(group, 2)["picc.policies"]
    assert row["status"] == "refused" and row["degraded_since"] == str(night(2))
    assert "合计" in row["message_zh"] and row["owner"] in row["message_zh"]
    assert sources_of(group, 3)["picc.policies"]["status"] == "fresh"


def test_a_late_insurer_is_stale_and_everything_else_goes_on(group: Group) -> None:
    now = sources_of(group, 3)
    assert now["pingan.policies"]["status"] == "stale" and now["pingan.policies"]["age_days"] == 1
    assert now["picc.policies"]["status"] == "fresh"
    assert sources_of(group, 4)["pingan.policies"]["status"] == "fresh"


def test_a_file_without_its_marker_waits(group: Group) -> None:
    row = sources_of(group, 4)["dadi.policies"]
    assert row["status"] == "stale" and "尚未传完" in row["message_zh"]
    assert sources_of(group, 5)["dadi.policies"]["status"] == "fresh"


def test_every_record_is_loaded_quarantined_or_declared(group: Group) -> None:
    with group.marts(NIGHTS - 1) as marts:
        lost = marts.execute(
            "select file_name, records_read, loaded, quarantined, declared from marts.fct_batch "
            "where verdict like 'accepted%' and records_read <> loaded + quarantined + declared"
        ).fetchall()
        accepted = marts.execute("select count(*) from marts.fct_batch where verdict like 'accepted%'").fetchone()
    assert lost == []
    assert accepted[0] > 250


def test_the_bridge_has_no_residual(group: Group) -> None:
    for number in range(NIGHTS):
        with group.marts(number) as marts:
            assert marts.execute("select sum(abs(residual)) from marts.fct_renewal_bridge").fetchone() == (0,)


@pytest.mark.parametrize("number", range(NIGHTS))
def test_no_night_breaks_a_promise(group: Group, number: int) -> None:
    """The gate, owners, deliveries and outcomes against plain Python and the truth; on the first and last night also
    rates, bonuses, cascade and concessions recomputed in pandas."""
    told = broken_promises(group.evening(number), is_recomputed=number in (0, NIGHTS - 1))
    assert not told, "\n".join(told[:20])
    assert len(group.evening(number).listed) > 20 and len(outcomes(group.evening(number))) > 500


def test_the_nights_together_hand_over_and_respect_who_is_silent_and_whom_the_manager_named(group: Group) -> None:
    assert life(group.home, [group.evening(number) for number in range(NIGHTS)]) == []


def test_the_night_again_gives_the_same_bytes(group: Group) -> None:
    last = NIGHTS - 1
    lists = group.outbox(last)
    published, status = run_steps(night(last))
    assert published == group.published[last], "same inputs, same build"
    assert published_bytes(published) == group.first_bytes[last]
    assert group.outbox(last) == lists
    assert status == group.status[last]


def test_a_rebuild_of_the_first_night_equals_what_it_published_and_delivers_and_logs_nothing(group: Group) -> None:
    def left() -> list[Path]:
        rooms = ("archive", "outbox", "delivered", "state/delivery")
        return sorted(path for room in rooms for path in (group.home / room).rglob("*"))

    before, current = left(), (group.home / "published" / "current").resolve()
    prepare(group.home, night(0))
    rebuilt, status = run_steps(night(0))
    assert status == "rebuilt" and rebuilt.parent.name == "rebuilt"
    assert published_bytes(rebuilt) == group.first_bytes[0]
    assert (group.home / "published" / "current").resolve() == current
    assert left() == before


def test_nothing_private_is_left_in_the_build_room(group: Group) -> None:
    assert not list((group.home / "builds").rglob("*.duckdb"))


def test_restricted_files_are_for_their_owner_only(group: Group) -> None:
    for path in [
        *group.home.glob("published/*/restricted.duckdb"),
        *(group.home / "quarantine").rglob("*.parquet"),
        *(group.home / "archive").glob("*/????-??-??/*.parquet"),
        group.home / "key",
    ]:
        assert path.stat().st_mode & 0o077 == 0, f"{path} can be read by others"


def test_what_people_filled_in_comes_back(group: Group) -> None:
    with group.marts(NIGHTS - 1) as marts:
        returned = marts.execute(
            "select count(*), sum(loaded), sum(quarantined) from marts.fct_batch where source = 'returned_lists'"
        ).fetchone()
    assert returned[0] > NIGHTS and returned[1] > 100


# the truth: what was injected is found, nothing else is, and outcomes are what really happened


def test_every_injected_defect_in_a_file_is_quarantined_with_its_rule_and_nothing_else_is(group: Group) -> None:
    held = {
        (r["source"], r["extract"], r["name"], r["row"], r["rule"])
        for r in quarantined(group.home)
        if r["source"] != "dms"
    }
    injected = set(
        duckdb.sql(f"""
            select source, extract, file_name, row_number, expected_rule from '{group.truth("defects")}'
            where source <> 'dms' and expected_rule <> 'exact_duplicate' and available_on <= '{night(NIGHTS - 1)}'
        """).fetchall()
    )
    assert injected, "the sample injected nothing"
    assert {rule for *_, rule in injected} >= {"vin:not_a_vin", "policy_number:missing", "key:superseded_in_file"}
    assert sorted(injected - held) == [], "injected and let in"
    assert sorted(held - injected) == [], "held although nothing is wrong with it"


def test_every_injected_defect_in_the_dms_is_quarantined_with_its_rule_and_nothing_else_is(group: Group) -> None:
    keys = {EXTRACTS[entity]: names for entity, names in DMS_KEYS.items()}
    held = {
        (r["extract"], "|".join(r["values"][name] or "" for name in keys[r["extract"]]), r["rule"])
        for r in quarantined(group.home)
        if r["source"] == "dms"
    }
    injected = set(
        duckdb.sql(f"""
            select extract, key, expected_rule from '{group.truth("defects")}'
            where source = 'dms' and expected_rule <> 'exact_duplicate' and available_on <= '{night(NIGHTS - 1)}'
        """).fetchall()
    )
    assert injected
    assert sorted(injected - held) == [], "injected and let in"
    assert sorted(held - injected) == [], "held although nothing is wrong with it"


def test_exact_duplicates_are_declared(group: Group) -> None:
    from ingest.batches import batches

    declared = sum(b.declared.get("exact_duplicate", 0) for b in batches() if b.is_accepted and b.source != "dms")
    [(injected,)] = duckdb.sql(f"""
        select count(*) from '{group.truth("defects")}'
        where source <> 'dms' and expected_rule = 'exact_duplicate' and available_on <= '{night(NIGHTS - 1)}'
    """).fetchall()
    assert declared == injected > 0


def test_nearly_all_matured_vehicles_are_revealed(group: Group) -> None:
    [(share,)] = duckdb.sql(f"""
        select avg((revealed_on <= '{night(NIGHTS - 1)}')::int) from '{group.truth("outcomes")}'
        where last_day(expiry_month) + 30 < '{night(NIGHTS - 1)}'
    """).fetchall()
    assert share >= 0.97


# the same inputs, parameters, key and commit give the same bytes, wherever and however the night runs


def run_nights(home: Path, numbers: tuple[int, ...], changed: dict[str, str]) -> None:
    """Nights in a process of their own, with another environment."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(home), *(str(night(number)) for number in numbers)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **changed}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]


def test_another_home_gives_the_same_bytes(group: Group, tmp_path: Path) -> None:
    """Other path, zone, language, hash seed and threads, two days later, and the index deleted before each night."""
    there = tmp_path / "another place" / "家"
    elsewhere = {"TZ": "America/New_York", "LANG": "zh_CN.GB18030", "PYTHONHASHSEED": "77", "XUBAO_THREADS": "1"}
    if FAKETIME:
        elsewhere |= {"LD_PRELOAD": str(FAKETIME), "FAKETIME": "+2d", "DONT_FAKE_MONOTONIC": "1"}
    run_nights(there, (0, 1), elsewhere)
    for number in (0, 1):
        [other] = there.glob(f"published/{night(number)}-*")
        assert other.name == group.published[number].name, "the build's id is a hash of its inputs: they differ"
        first, second = group.first_bytes[number], published_bytes(other)
        assert first.keys() == second.keys() and len(first) > 30
        assert [name for name in first if first[name] != second[name]] == []
        books = {str(p.relative_to(there / "outbox" / str(night(number)))): p.read_bytes()
                 for p in sorted((there / "outbox" / str(night(number))).rglob("*.xlsx"))}  # fmt: skip
        assert books == group.outbox(number) != {}


def test_the_clock_was_really_moved() -> None:
    if not FAKETIME:
        if os.environ.get("CI"):
            pytest.fail("libfaketime is missing: .ci/run installs it, so that the moved clock is tested there")
        pytest.skip("libfaketime is not installed (Debian: apt-get install faketime): the clock is not moved here")
    shown = subprocess.run(
        [sys.executable, "-c", "import time; print(int(time.time()))"], capture_output=True, text=True,
        env={**os.environ, "LD_PRELOAD": str(FAKETIME), "FAKETIME": "+2d"}, check=True,
    )  # fmt: skip
    assert int(shown.stdout) - time.time() > 86_400


def test_one_changed_byte_in_one_row_makes_another_build(group: Group, tmp_path: Path) -> None:
    from expectations.reception import receive_step
    from ingest.selection import select
    from ingest.spec import sources

    with environment(tmp_path / "home"):
        prepare(tmp_path / "home", night(0))
        path = max((tmp_path / "home" / "sample" / "outbox" / "picc").glob("保单清单_2026??.csv"))
        lines = path.read_bytes().decode("gb18030").split("\r\n")
        row = next(i for i, line in enumerate(lines) if ",商业险,续保,001," in line or ",商业险,续保,002," in line)
        fields = lines[row].split(",")
        fields[13] = fields[13][:-1] + ("1" if fields[13][-1] != "1" else "2")  # the last digit of the premium
        lines[row] = ",".join(fields)
        path.write_bytes("\r\n".join(lines).encode("gb18030"))
        for source in sources():
            receive_step(source, str(night(0)))
        build = select(night(0))
    assert group.published[0].name != f"{night(0)}-{build.name}", "the build's id is a hash of its inputs"
    changed = json.loads((build / "inputs.json").read_text(encoding="utf-8"))["files"]
    before = json.loads((group.published[0] / "inputs.json").read_text(encoding="utf-8"))["files"]
    assert len(set(changed.items()) - set(before.items())) == 1
