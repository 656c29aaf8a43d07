"""Recipients get each file once; a change is a new revision that says what changed."""

import json
import shutil
import stat
from datetime import date

import openpyxl
import pytest

from exports import outbox
from exports.audit import audit
from exports.deliver import deliver
from exports.outbox import fill_outbox
from exports.proof import SuppressedOnListError, proof_of
from exports.publish import publish
from exports.shelf import NotPublishedError, published_of
from exports.summary import summary_text
from exports.verdict import verdict

AS_OF = date(2026, 11, 24)


def night(build):
    audit(build)
    publish(build, rebuild=False)
    return fill_outbox(AS_OF)


def state(folder):
    return {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in sorted(folder.rglob("*")) if file.is_file()}


def manifest(home, recipient):
    return json.loads((home / "outbox" / "2026-11-24" / recipient / "manifest.json").read_text())


def test_everybody_gets_a_file_and_the_manager_the_extracts_and_the_bonus(home, make_build):
    counts = night(make_build())
    assert counts["recipients"] == 4
    outbox = home / "outbox" / "2026-11-24"
    assert sorted(folder.name for folder in outbox.iterdir()) == ["M1", "S1", "S2", "general_manager"]
    assert (outbox / "S1" / "call_list_001_S1_20261124.xlsx").exists()
    names = [file["name"] for file in manifest(home, "general_manager")["files"]]
    extracts = sorted(file.name for file in (home / "published" / "current" / "extracts").glob("*.csv"))
    assert names == ["kpi_20261124.xlsx", *extracts, "bonus_20261124.xlsx"] and {"dictionary.csv", "metrics.csv"} < set(
        extracts
    )
    entry = manifest(home, "S1")
    assert entry["list_id"] == "001-S1-2026-11-24" and entry["revision"] == 1 and entry["changes"] == []
    assert entry["files"][0]["rows"] == 8 and manifest(home, "S2")["files"][0]["rows"] == 0
    assert stat.S_IMODE((outbox / "S1" / "call_list_001_S1_20261124.xlsx").stat().st_mode) == 0o600
    bonus = openpyxl.load_workbook(outbox / "general_manager" / "bonus_20261124.xlsx").active
    assert bonus["C3"].value == "续保专员" and bonus["H3"].value == "=cmd" and bonus["H3"].data_type == "s"


def test_the_same_night_again_changes_nothing(home, make_build):
    build = make_build()
    night(build)
    before = state(home / "outbox")
    counts = fill_outbox(AS_OF)
    assert counts["files_written"] == 0 and state(home / "outbox") == before


def test_two_processes_write_the_same_bytes_as_one(home, make_build, monkeypatch):
    more = """
        insert into restricted.call_list_recipient by name
        select * exclude (i) replace ('S' || i as staff_id, '001-S' || i as list_id)
        from restricted.call_list_recipient, range(3, 9) as t (i) where staff_id = 'S2';
    """
    counts = night(make_build(others=2, restricted=more))
    before = {file: file.read_bytes() for file in (home / "outbox").rglob("*") if file.is_file()}
    shutil.rmtree(home / "outbox")
    monkeypatch.setattr(outbox, "MANY", 1)
    monkeypatch.setattr(outbox, "AT_ONCE", 2)
    assert fill_outbox(AS_OF) == counts
    assert {file: file.read_bytes() for file in (home / "outbox").rglob("*") if file.is_file()} == before


def test_changed_content_becomes_a_revision_beside_the_first_and_says_what_changed(home, make_build):
    night(make_build("b1"))
    folder = home / "outbox" / "2026-11-24" / "S1"
    first = (folder / "call_list_001_S1_20261124.xlsx").read_bytes()
    changed = ("delete from restricted.call_list where row_id = 'r8';"
               "update restricted.call_list set today_action = '首次致电' where row_id = 'r1';")  # fmt: skip
    night(make_build("b2", restricted=changed))
    assert (folder / "call_list_001_S1_20261124.xlsx").read_bytes() == first
    entry = manifest(home, "S1")
    names = [file["name"] for file in entry["files"]]
    assert entry["revision"] == 2 and names == ["call_list_001_S1_r2_20261124.xlsx", "my_month_001_S1_20261124.html"]
    assert entry["changes"] == [
        {"file": "call_list_001_S1_20261124.xlsx", "revision": 2, "added": 0, "removed": 1, "changed": 1}
    ]
    notes = openpyxl.load_workbook(folder / "call_list_001_S1_r2_20261124.xlsx")["数据时效"]
    assert any(str(row[0]).startswith("第2版") for row in notes.iter_rows(values_only=True))
    assert manifest(home, "S2")["revision"] == 1
    before = state(home / "outbox")
    assert fill_outbox(AS_OF)["files_written"] == 0 and state(home / "outbox") == before


@pytest.mark.parametrize(
    "planted",
    [
        {"restricted": "update restricted.call_list set phone = '+86 138-0000-1111' where row_id = 'r3';"},
        {
            "restricted": "update restricted.do_not_call_number set ends_on = date '2026-11-24' where ends_on is not null;"
        },
        {"analytics": "insert into marts.fct_suppressed_vehicle select '001', md5('row5'), date '2026-12-01', 'S1';"},
    ],
)
def test_a_suppressed_number_or_vehicle_on_a_list_stops_writing_and_delivery(home, make_build, planted):
    night(make_build("b1"))
    before = state(home / "outbox")
    with pytest.raises(SuppressedOnListError) as caught:
        night(make_build("b2", **planted))
    assert "1380" not in str(caught.value) and state(home / "outbox") == before
    with pytest.raises(SuppressedOnListError):
        deliver(AS_OF)
    assert not (home / "delivered").exists()
    night(make_build("b3", restricted="delete from restricted.call_list where row_id = 'r3';"))
    assert deliver(AS_OF)["delivered"] > 0


def test_the_proof_counts_numbers_on_lists_and_suppressed_ones(home, make_build):
    night(make_build())
    figures = {
        "numbers_on_lists": 1, "numbers_by_list": {"renewal_calls": 1}, "callers_back": 0,
        "suppressed_numbers": 2, "suppressed_vehicles": 1, "overlap": 0,
    }  # fmt: skip
    assert proof_of(AS_OF) == figures
    verdict(AS_OF)
    assert json.loads((published_of(AS_OF) / "manifest.json").read_text())["suppression"] == figures
    assert "1 numbers, 2 numbers and 1 vehicles suppressed, overlap 0" in summary_text(AS_OF)


@pytest.mark.parametrize(
    "planted",
    [
        "update restricted.win_back_list set phone = '138-0000-1111' where sequence_number = 1;",
        "update restricted.win_back_list set vehicle_key = md5('2') where sequence_number = 1;",
        "update restricted.message_list set phone = '13800001111' where consent_number = 'N1';",
        "update restricted.data_gap_list set phone = '13800001111' where subject = 'V1';",
    ],
)
def test_no_other_list_asks_anybody_to_call_or_write_to_a_suppressed_number(home, make_build, planted):
    with pytest.raises(SuppressedOnListError):
        night(make_build(others=2, restricted=planted))
    assert proof_of(AS_OF)["overlap"] == 1 and not (home / "outbox").exists()


def test_who_called_the_accident_hotline_herself_is_called_back_and_counted(home, make_build):
    night(make_build(others=2, restricted="update restricted.hotline_follow_up set caller_phone = '13800001111';"))
    figures = proof_of(AS_OF)
    assert figures["callers_back"] == 1 and figures["overlap"] == 0
    assert figures["numbers_by_list"] == {
        "renewal_calls": 1, "service_lane": 0, "data_gap": 0, "hotline_follow_up": 1, "win_back": 2, "message": 2,
        "expiry_table": 1, "expiry_wall": 0,
    }  # fmt: skip


def test_a_rebuild_leaves_the_outbox_alone(home, make_build):
    build = make_build()
    audit(build)
    publish(build, rebuild=True)
    with pytest.raises(NotPublishedError, match="2026-11-24"):
        fill_outbox(AS_OF)
    assert not (home / "outbox").exists()


def test_who_works_in_two_stores_gets_both_lists(home, make_build):
    two_stores = """
        insert into restricted.call_list_recipient by name
        select * replace ('002' as store_id, '002-S1-2026-11-24' as list_id, 0 as "rows")
        from restricted.call_list_recipient where staff_id = 'S1';
    """
    night(make_build(restricted=two_stores))
    names = [file["name"] for file in manifest(home, "S1")["files"] if file["purpose"] == "renewal_calls"]
    assert names == ["call_list_001_S1_20261124.xlsx", "call_list_002_S1_20261124.xlsx"]
    assert sum("S1" in str(path) for path in (home / "delivered").rglob("*.xlsx")) == 0
    deliver(AS_OF, "folder")
    assert len(list((home / "delivered" / "S1").glob("*.xlsx"))) == 2
