"""Nights in a row on the sample group: what is published, what trouble does, and what a rebuild gives."""

from __future__ import annotations

import json

import pytest

from tests.end_to_end.conftest import NIGHTS, Group, night, prepare, published_bytes, run_steps

pytestmark = pytest.mark.xdist_group("group")  # they share nights that are run once


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
    assert row["status"] == "stale" and "完成标记" in row["message_zh"]
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


def test_the_night_again_gives_the_same_bytes(group: Group) -> None:
    last = NIGHTS - 1
    lists = group.outbox(last)
    published, status = run_steps(night(last))
    assert published == group.published[last], "same inputs, same build"
    assert published_bytes(published) == group.first_bytes[last]
    assert group.outbox(last) == lists
    assert status == group.status[last]


def test_a_rebuild_of_the_first_night_equals_what_it_published(group: Group) -> None:
    archived = sorted((group.home / "archive").rglob("*.parquet"))
    outbox = sorted((group.home / "outbox").rglob("*"))
    current = (group.home / "published" / "current").resolve()
    prepare(group.home, night(0))
    rebuilt, status = run_steps(night(0))
    assert status == "rebuilt" and rebuilt.parent.name == "rebuilt"
    assert published_bytes(rebuilt) == group.first_bytes[0]
    assert (group.home / "published" / "current").resolve() == current
    assert sorted((group.home / "archive").rglob("*.parquet")) == archived
    assert sorted((group.home / "outbox").rglob("*")) == outbox


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
