"""Delivery: each file once, nothing over anybody's, one channel's trouble is no other's, and a person can look."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from exports.channels.command import main
from exports.channels.settings import SettingsUnusableError, UnknownChannelError, channel_settings, channels
from exports.deliver import deliver
from exports.outbox import fill_outbox
from exports.steps import StepBrokeOffError, deliver_step, tell_step, verdict_step
from ingest.archive import exports_of, keep_exports
from tests.exports.delivering import (
    AS_OF,
    KilledError,
    declare,
    keep_only,
    kill_at_each,
    outbox_files,
    really_killed,
    receipts,
    stopping,
)

NAME = "call_list_001_S1_20261124.xlsx"


def target_of(key: str) -> str:
    recipient, name = key.split("/", 1)
    return key if "20261124" in name else f"{recipient}/2026-11-24/{name}"


def in_folder(home: Path, folder: str = "delivered") -> dict[str, bytes]:
    """Everything that lies in the delivery folder, also what is hidden."""
    root = home / folder
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def whole(home: Path) -> dict[str, bytes]:
    return {target_of(key): data for key, data in outbox_files(home).items()}


def test_each_file_is_delivered_exactly_once(night_home):
    count = len(outbox_files(night_home))
    assert deliver(AS_OF) == {
        "channel": "folder", "delivered": count, "already": 0, "failed": [], "uncertain": [],
    }  # fmt: skip
    assert in_folder(night_home) == whole(night_home)
    target = night_home / "delivered" / "S1" / NAME
    target.unlink()  # taken away by its recipient
    assert deliver(AS_OF)["already"] == count and not target.exists()


def test_wherever_a_delivery_is_killed_the_next_run_leaves_every_file_once_and_whole(night_home):
    def check(where: str) -> None:
        result = deliver(AS_OF)
        assert result["failed"] == [], where
        assert in_folder(night_home) == whole(night_home), where
        assert receipts(night_home, "folder").keys() == outbox_files(night_home).keys(), where
        assert not list(night_home.rglob("*.claim.json")), where

    keep_only(night_home, "S1", "S2")
    points = kill_at_each(night_home, lambda: deliver(AS_OF), lambda: shutil.rmtree(night_home / "delivered"), check)
    assert len(points) > 15 and {"claimed", "written", "checked", "moving", "moved", "receipt"} <= set(points)


@pytest.mark.parametrize("point", ["written", "moving", "moved"])
def test_a_process_that_is_really_killed_leaves_nothing_half_done(night_home, point):
    keep_only(night_home, "S1")
    with stopping() as points:
        deliver(AS_OF)
    shutil.rmtree(night_home / "state" / "delivery")
    shutil.rmtree(night_home / "delivered")
    really_killed(lambda: deliver(AS_OF), points.index(point))
    assert deliver(AS_OF)["failed"] == []
    assert in_folder(night_home) == whole(night_home)


def test_what_was_taken_away_or_filled_in_after_a_kill_does_not_come_again(night_home):
    keep_only(night_home, "S1")
    target = night_home / "delivered" / "S1" / NAME
    for touched in ("taken away", "filled in"):
        with stopping() as points:
            deliver(AS_OF)
        shutil.rmtree(night_home / "state" / "delivery")
        target.unlink()
        with stopping(points.index("moved")), pytest.raises(KilledError):
            deliver(AS_OF)
        target.unlink() if touched == "taken away" else target.write_bytes(b"filled in")
        assert deliver(AS_OF)["failed"] == [] and receipts(night_home, "folder").keys() == {f"S1/{NAME}"}
        assert not target.exists() if touched == "taken away" else target.read_bytes() == b"filled in"
        shutil.rmtree(night_home / "state" / "delivery")
        target.unlink(missing_ok=True)


def test_a_foreign_file_in_the_way_is_told_at_every_try_until_it_is_moved(night_home):
    target = night_home / "delivered" / "S1" / NAME
    target.parent.mkdir(parents=True)
    target.write_bytes(b"somebody's own")
    for _ in range(2):
        [failed] = deliver(AS_OF)["failed"]
        assert f"S1/{NAME}" in failed and "not overwritten" in failed and "未覆盖" in failed
        assert target.read_bytes() == b"somebody's own"
    target.unlink()
    assert deliver(AS_OF)["failed"] == []


def test_a_damaged_file_is_not_delivered_and_the_others_are(night_home):
    (night_home / "outbox/2026-11-24/S2/call_list_002_S2_20261124.xlsx").write_bytes(b"x")
    result = deliver(AS_OF)
    assert result["delivered"] == len(outbox_files(night_home)) - 1 and "S2/" in result["failed"][0]
    assert [file.name for file in (night_home / "delivered" / "S2").iterdir()] == ["my_month_002_S2_20261124.html"]


def test_a_revision_is_delivered_beside_the_first_which_stays(night_home, plain_build):
    from exports.audit import audit
    from exports.publish import publish
    from tests.exports.conftest import change

    deliver(AS_OF)
    first = (night_home / "delivered" / "S1" / NAME).read_bytes()
    build = night_home / "builds" / "b2"
    shutil.copytree(plain_build("2026-11-24", 8, 2), build)
    change(build / "restricted.duckdb", "delete from restricted.call_list where row_id = 'r8';")
    audit(build)
    publish(build, rebuild=False)
    fill_outbox(AS_OF)
    assert deliver(AS_OF)["delivered"] > 0
    names = sorted(path.name for path in (night_home / "delivered" / "S1").glob("call_list_*.xlsx"))
    assert names == [NAME, "call_list_001_S1_r2_20261124.xlsx"]
    assert (night_home / "delivered" / "S1" / NAME).read_bytes() == first


def test_an_unknown_channel_is_refused(night_home):
    with pytest.raises(UnknownChannelError, match="folder"):
        deliver(AS_OF, "pigeon")


def test_who_gets_what_by_which_channel_is_declared(night_home):
    declare(
        night_home,
        lists={"kind": "folder", "path": str(night_home / "a"), "purposes": ["renewal_calls"],
               "recipients": {"*": "sales/{recipient}", "S2": None}},
        boss={"kind": "folder", "path": str(night_home / "b"), "recipients": {"general_manager": "gm"}},
    )  # fmt: skip
    assert channels() == ["lists", "boss"]
    for channel in channels():
        assert deliver(AS_OF, channel)["failed"] == []
    assert in_folder(night_home, "a").keys() == {f"sales/S1/{NAME}"}
    assert all(path.startswith("gm/") for path in in_folder(night_home, "b"))
    assert "gm/bonus_20261124.xlsx" in in_folder(night_home, "b")
    assert not (night_home / "delivered").exists()


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ({"kind": "pigeon"}, "kind"),
        ({"kind": "folder", "purpose": "all"}, "purpose"),
        ({"kind": "folder", "purposes": ["renewal_call"]}, "there are only: "),
        ({"kind": "folder", "recipients": {"*": "../{recipient}"}}, "a folder below"),
        ({"kind": "sftp", "connection": "x"}, "purposes"),
        ({"kind": "sftp", "connection": "x", "purposes": "all"}, "purposes"),
        ({"kind": "smtp", "connection": "x", "sender": "a@b.example", "recipients": {"S1": "no address"}}, "mail"),
        ({"kind": "smtp", "connection": "x", "sender": "a@b.example", "recipients": {"S1": "a@b.example"},
          "content": "attachment", "purposes": ["team"]}, "domains"),
        ({"kind": "wecom", "connection": "x", "recipients": "S1"}, "a list"),
        ({"kind": "folder", "tries": 0}, "tries"),
    ],
)  # fmt: skip
def test_a_channel_that_is_declared_wrongly_is_told_and_stops_no_other(night_home, channel, words):
    declare(night_home, good={"kind": "folder"}, bad=channel)
    with pytest.raises(SettingsUnusableError, match=words):
        channel_settings("bad")
    assert channel_settings("good").kind == "folder"
    [failed] = deliver(AS_OF, "bad")["failed"]
    assert "delivery.yaml" in failed and "有误" in failed


@pytest.mark.parametrize("text", ["channels: []", "- x", "channels: {Big: {kind: folder}}", "{", "channel: {}"])
def test_a_file_of_channels_that_cannot_be_read_stops_delivery_with_its_name(night_home, text):
    (night_home / "delivery.yaml").write_text(text)
    with pytest.raises(SettingsUnusableError, match=r"delivery\.yaml"):
        channels()


def test_a_folder_that_cannot_be_written_is_tried_again_and_then_told_in_one_sentence(night_home, monkeypatch):
    pauses = []
    monkeypatch.setattr("exports.deliver.pause", pauses.append)
    (night_home / "file").write_text("no folder")
    declare(
        night_home, down={"kind": "folder", "path": str(night_home / "file" / "x"), "tries": 3, "backoff_seconds": 2}
    )
    result = deliver(AS_OF, "down")
    assert result["delivered"] == 0 and len(result["failed"]) == 1 and pauses == [2, 4]
    assert "3 tries" in result["failed"][0] and "(+" in result["failed"][0]


def test_the_managers_are_told_once_by_the_channels_that_work(night_home):
    blocked = night_home / "file"
    blocked.write_text("no folder")
    declare(
        night_home,
        down={"kind": "folder", "path": str(blocked / "x"), "tries": 1},
        works={"kind": "folder", "path": str(night_home / "a"), "purposes": ["renewal_calls"]},
    )  # fmt: skip
    published = str((night_home / "published" / "current").resolve())
    failures = [failure for channel in channels() for failure in deliver_step(channel, published)]
    assert failures and all(failure.startswith("down: ") for failure in failures)
    for _ in range(2):
        assert tell_step(published, failures) == ["works"]
    [told] = (night_home / "a" / "general_manager").glob("**/problems_*.txt")
    assert "down" in told.read_text(encoding="utf-8") and "--status" in told.read_text(encoding="utf-8")
    assert exports_of(AS_OF) and all(row["file_name"] != told.name for row in exports_of(AS_OF))
    assert tell_step(published, []) == [] and tell_step(None, failures) == []


def test_a_channel_that_broke_off_by_our_own_fault_is_no_healthy_night(night_home):
    published = str((night_home / "published" / "current").resolve())
    done = {"sources": ["picc"], "keep": 0, "lists": 3, "tell": []}
    with pytest.raises(StepBrokeOffError, match="step deliver broke off"):
        verdict_step(str(AS_OF), published, done | {"deliver": None}, ["picc"], [])
    assert verdict_step(str(AS_OF), published, done | {"deliver": True}, ["picc"], ["mail: S1: x"]) == "degraded"
    assert verdict_step(str(AS_OF), published, done | {"deliver": True}, ["picc"], []) == "healthy"


def test_a_rebuild_delivers_nothing_by_any_way_in(night_home, capsys):
    pulls = night_home / "raw" / "_pulls" / "picc"
    pulls.mkdir(parents=True)
    (pulls / "2026-11-25.json").write_text("{}")
    published = str((night_home / "published" / "current").resolve())
    assert deliver_step("folder", published) == []
    assert main(["--as-of", "2026-11-24"]) == 2 and "已过去" in capsys.readouterr().err
    assert not (night_home / "delivered").exists() and not (night_home / "state" / "delivery").exists()


def test_a_dry_run_says_what_would_go_to_whom_and_touches_nothing(night_home, capsys):
    declare(
        night_home,
        folder={"kind": "folder", "recipients": {"*": "{recipient}"}},
        mail={"kind": "smtp", "connection": "no_such", "sender": "x@dealer.example",
              "recipients": {"S1": "zhao@dealer.example"}},
    )  # fmt: skip
    before = {path: path.stat().st_mtime_ns for path in night_home.rglob("*")}
    assert main(["--as-of", "2026-11-24", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "zhao@dealer.example" in told and "renewal_calls 1" in told and "试运行" in told
    assert main(["--as-of", "2026-11-24", "--dry-run", "--channel", "folder"]) == 0
    assert "mail" not in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in night_home.rglob("*")} == before


def test_the_status_says_what_arrived_and_what_waits(night_home, capsys):
    target = night_home / "delivered" / "S1" / NAME
    target.parent.mkdir(parents=True)
    target.write_bytes(b"somebody's own")
    assert main(["--as-of", "2026-11-24"]) == 1
    told = capsys.readouterr()
    assert "not overwritten" in told.err and "delivered" in told.out
    assert main(["--as-of", "2026-11-24", "--status"]) == 0
    status = capsys.readouterr().out
    assert f"S1: 待发 waiting {NAME}" in status and f"arrived {len(outbox_files(night_home)) - 1}" in status
    target.unlink()
    assert main(["--as-of", "2026-11-24", "--channel", "folder"]) == 0
    assert main(["--as-of", "2026-11-24", "--channel", "pigeon"]) == 2


def test_the_command_keeps_the_export_log_and_a_claim_without_a_receipt_counts(night_home):
    keep_only(night_home, "S1", "S2")
    with stopping() as points:
        deliver(AS_OF)
    shutil.rmtree(night_home / "state" / "delivery")
    shutil.rmtree(night_home / "delivered")
    with stopping(points.index("moved")), pytest.raises(KilledError):
        deliver(AS_OF)
    keep_exports(AS_OF)
    assert main(["--as-of", "2026-11-24"]) == 0
    log = sorted((night_home / "archive" / "export" / "2026-11-24").glob("*.parquet"))
    read = [
        duckdb.sql(f"select recipient, channel, records, purpose, sha256 from '{path}' order by all").fetchall()
        for path in log
    ]
    assert [[row[:4] for row in rows] for rows in read] == [
        [("S1", "folder", 8, "renewal_calls")],
        [("S1", "folder", 8, "renewal_calls"), ("S2", "folder", 0, "renewal_calls")],
    ]
    manifest = json.loads((night_home / "outbox/2026-11-24/S1/manifest.json").read_text(encoding="utf-8"))
    assert read[0][0][4] == manifest["files"][0]["sha256"]


def test_nothing_of_a_day_without_an_outbox_is_delivered(night_home):
    assert deliver(date(2026, 11, 23))["delivered"] == 0


@pytest.mark.parametrize(
    ("point", "stays"), [("claimed", False), ("written", False), ("moving", False), ("moved", True)]
)
def test_of_a_file_that_was_revised_after_a_kill_nothing_stays_unless_it_had_arrived(night_home, point, stays):
    keep_only(night_home, "S1")
    with stopping() as points:
        deliver(AS_OF)
    shutil.rmtree(night_home / "state" / "delivery")
    shutil.rmtree(night_home / "delivered")
    with stopping(points.index(point)), pytest.raises(KilledError):
        deliver(AS_OF)
    revised = "call_list_001_S1_r2_20261124.xlsx"
    path = night_home / "outbox/2026-11-24/S1/manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["files"][0] |= {"name": revised, "revision": 2}
    shutil.copy(path.with_name(NAME), path.with_name(revised))
    path.write_text(json.dumps(manifest), encoding="utf-8")
    assert deliver(AS_OF)["failed"] == []
    expected = {f"S1/{revised}", *([f"S1/{NAME}"] if stays else [])}
    assert in_folder(night_home).keys() == receipts(night_home, "folder").keys() == expected
    assert not list(night_home.rglob("*.claim.json"))
