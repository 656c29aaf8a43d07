"""Files come in the same way from a local folder, from behind SFTP and from object storage."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest.home import read_json
from ingest.landing import landed, pull, report_path
from ingest.places import Folder, RemoteFile, open_folder
from ingest.selection import select
from ingest.spec import sources
from tests.ingest.conftest import SPEC

D = date(2026, 11, 24)
NEXT = D + timedelta(days=1)
ROOT = Path(__file__).resolve().parents[3]


def in_force(as_of: date) -> list[str]:
    return read_json(select(as_of) / "inputs.json")["entities"]["policy"][1:]


def status(as_of: date) -> dict:
    return read_json(select(as_of) / "inputs.json")["sources"][0]


def waiting(as_of: date) -> list[str]:
    return read_json(report_path("picc", as_of))["waiting"]


def test_a_file_lands_byte_for_byte_and_only_once(place, line) -> None:
    sent = place.csv("保单清单_20261123.csv", line(1), line(2))
    [batch] = place.desk.receive(D)
    assert (place.desk.home / batch.file).read_bytes() == sent
    assert (batch.verdict, batch.loaded) == ("accepted", 2)
    place.desk.receive(D)
    assert place.names(NEXT) == []
    assert len(list((place.desk.home / "landing").rglob("*.csv"))) == 1


def test_an_empty_folder_is_no_fault(place) -> None:
    place.put("placeholder.txt", b"")
    place.remove("placeholder.txt")
    assert place.names(D) == []
    assert read_json(report_path("picc", D))["failed"] == {}


def test_a_correction_replaces_the_file_and_a_renamed_one_is_nothing_new(place, line) -> None:
    place.csv("保单清单_20261122.csv", line(1), line(2))
    place.desk.receive(D)
    place.csv("保单清单_20261122.csv", line(1), line(2, premium="99"))
    sent = place.csv("保单清单_20261123.csv", line(3))
    corrected, other = place.desk.receive(NEXT)
    assert (corrected.name, corrected.version, corrected.verdict) == ("保单清单_20261122.csv", 2, "accepted")
    assert in_force(NEXT) == [corrected.raw, other.raw]
    place.put("保单清单_20261124.csv", sent)
    [same] = place.desk.receive(NEXT + timedelta(days=1))
    assert same.verdict == "nothing_new"


def test_late_early_and_out_of_order_files_count_for_their_own_day(place, line) -> None:
    place.csv("保单清单_20261123.csv", line(3))
    place.desk.receive(D)
    place.csv("保单清单_20261101.csv", line(1))
    place.csv("保单清单_20270101.csv", line(2))
    got = place.desk.receive(NEXT)
    assert sorted(batch.business_date for batch in got) == [date(2026, 11, 1), date(2027, 1, 1)]
    assert len(in_force(NEXT)) == 2, "the early one waits for its day"
    assert status(NEXT)["age_days"] == 1, "neither an old file nor one from the future makes a source fresh"


def test_an_empty_file_and_one_with_a_header_only_are_told_and_hold_up_nothing(place, line) -> None:
    place.put("保单清单_20261121.csv", b"")
    place.csv("保单清单_20261122.csv", total=True)
    place.csv("保单清单_20261123.csv", line(1))
    empty, bare, good = place.desk.receive(D)
    assert (empty.rule, bare.rule, good.verdict) == ("file:empty", "file:no_rows", "accepted")


def test_a_file_waits_for_its_marker_and_another_stores_file_is_left_alone(place, line) -> None:
    marked = SPEC.replace("    read:", "    read:\n      marker: .ok").replace('*.csv"]', '_001.csv"]')
    place.desk.spec(marked)
    place.csv("保单清单_20261123_001.csv", line(1))
    place.csv("保单清单_20261123_002.csv", line(2))
    place.put("保单清单_20261123_002.csv.ok", b"")
    assert place.names(D) == []
    assert waiting(D) == ["保单清单_20261123_001.csv"]
    assert "尚未传完" in status(D)["message_zh"]
    place.put("保单清单_20261123_001.csv.ok", b"")
    assert place.names(D) == ["保单清单_20261123_001.csv"]


def test_a_file_that_still_grows_waits_and_comes_in_when_it_rests(place, line, settle, monkeypatch) -> None:
    from ingest.places import files

    place.csv("保单清单_20261122.csv", line(1))
    half = place.csv("保单清单_20261123.csv", line(2), total=False)
    pauses = []

    def the_upload_goes_on(seconds: float) -> None:
        pauses.append(seconds)
        place.put("保单清单_20261123.csv", half + line(3).encode() + b"\r\n")

    monkeypatch.setattr(files, "pause", the_upload_goes_on)
    settle(2.0)
    assert place.names(D) == ["保单清单_20261122.csv"]
    assert (waiting(D), pauses) == (["保单清单_20261123.csv"], [2.0]), "one pause for the whole folder"
    assert [file.name for file in landed(sources()["picc"])] == ["保单清单_20261122.csv"]
    monkeypatch.setattr(files, "pause", pauses.append)
    assert place.names(NEXT) == ["保单清单_20261123.csv"]
    place.names(NEXT + timedelta(days=1))
    assert len(pauses) == 2, "where nothing is new, nothing is waited for"


def test_a_file_that_changes_while_it_is_read_is_not_landed(place, line, monkeypatch) -> None:
    place.csv("保单清单_20261123.csv", line(1))
    chunks = RemoteFile.chunks

    def changing(file: RemoteFile):
        yield from chunks(file)
        place.csv("保单清单_20261123.csv", line(1), line(2))

    with monkeypatch.context() as patched:
        patched.setattr(RemoteFile, "chunks", changing)
        assert place.names(D) == []
    assert waiting(D) == ["保单清单_20261123.csv"]
    assert list((place.desk.home / "landing").rglob("*.csv*")) == []
    assert place.names(D) == ["保单清单_20261123.csv"]


def test_every_file_that_fails_is_named_and_the_others_come_in(place, line, monkeypatch) -> None:
    chunks = RemoteFile.chunks
    for day in (20, 21, 22, 23):
        place.csv(f"保单清单_202611{day}.csv", line(day))

    def breaks(file: RemoteFile):
        if file.name.endswith(("21.csv", "22.csv")):
            yield b"half"
            raise ConnectionResetError(104, "13800138000")
        yield from chunks(file)

    monkeypatch.setattr(RemoteFile, "chunks", breaks)
    assert place.names(D) == ["保单清单_20261120.csv", "保单清单_20261123.csv"]
    told = read_json(report_path("picc", D))["failed"]["policies"]
    assert [reason["en"].split(" ")[0] for reason in told] == ["保单清单_20261121.csv", "保单清单_20261122.csv"]
    assert "13800138000" not in str(told)
    assert list((place.desk.home / "landing").rglob("*.tmp")) == []


def test_a_connection_that_breaks_in_a_file_is_opened_anew_and_takes_no_other_file_with_it(
    sftp_place, sftp, line, monkeypatch
) -> None:
    large = b"x" * (6 * 1024 * 1024)
    sent = sftp_place.csv("保单清单_20261121.csv", line(1))
    sftp_place.put("保单清单_20261122.csv", large)
    sftp_place.csv("保单清单_20261123.csv", line(3))
    chunks, drops = RemoteFile.chunks, []

    def breaks(file: RemoteFile):
        for chunk in chunks(file):
            yield chunk
            if "20261122" in file.name and not drops:
                drops.append(sftp.drop())

    monkeypatch.setattr(RemoteFile, "chunks", breaks)
    reopen, reopened = Folder.reopen, []
    monkeypatch.setattr(Folder, "reopen", lambda folder: (reopened.append(folder), reopen(folder)))
    report = pull(sources()["picc"], D)
    assert drops[0] > 0 and len(reopened) == 2, "once at first, once anew"
    assert (report.failed, report.landed) == ({}, 3)
    content = {file.name: file.path.read_bytes() for file in landed(sources()["picc"])}
    assert content["保单清单_20261122.csv"] == large and content["保单清单_20261121.csv"] == sent


def test_a_place_that_drips_does_not_hold_up_the_night(place, line, monkeypatch) -> None:
    from ingest import limits

    place.csv("保单清单_20261123.csv", line(1))
    monkeypatch.setattr(limits, "FETCH_SECONDS", -1)
    assert place.names(D) == []
    assert "no answer in time" in status(D)["message_en"] and "超时" in status(D)["message_zh"]


def test_a_file_above_the_limit_is_refused_by_name_before_and_while_it_is_read(place, line, monkeypatch) -> None:
    from ingest import limits

    place.csv("保单清单_20261122.csv", *(line(n) for n in range(30)))
    place.csv("保单清单_20261123.csv", line(1))
    monkeypatch.setattr(limits, "FILE_BYTES", 1000)
    assert place.names(D) == ["保单清单_20261123.csv"]
    assert "保单清单_20261122.csv" in status(D)["message_en"] and "larger than" in status(D)["message_en"]
    endless = RemoteFile("a.csv", 10, [10], "", None)
    monkeypatch.setattr(RemoteFile, "chunks", lambda _: iter([b"x" * 600] * 9))
    from ingest.home import FileTooLargeError, receiving
    from ingest.landing import _fetch
    from ingest.places import SourceDownError

    with receiving(place.desk.home, 1000, 60) as incoming, pytest.raises(SourceDownError, match="larger than"):
        _fetch(endless, sources()["picc"], incoming)
    with receiving(place.desk.home, 3, 60) as incoming, pytest.raises(FileTooLargeError):
        incoming.write(b"1234")


KILLED = """
import sys
from datetime import date
from ingest.landing import pull
from ingest.places import RemoteFile
from ingest.spec import sources

def slowly(file):
    yield b"half of it"
    print("reading", flush=True)
    sys.stdin.read()

RemoteFile.chunks = slowly
pull(sources()["picc"], date(2026, 11, 24))
"""


def test_a_night_that_is_killed_while_it_reads_leaves_nothing_and_the_next_one_takes_the_file(desk, line) -> None:
    desk.put("保单清单_20261123.csv", line(1))
    command = [sys.executable, "-c", KILLED]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as night:
        assert night.stdout and night.stdout.readline() == b"reading\n"
        night.kill()
    [left] = [path for path in (desk.home / "landing").rglob("*") if path.is_file()]
    assert left.name.startswith(".") and left.stat().st_mode & 0o777 == 0o600
    assert [batch.name for batch in desk.receive(D)] == ["保单清单_20261123.csv"]
    assert not left.exists()


def test_the_clock_of_the_place_does_not_matter(sftp_place, sftp, tmp_path, line) -> None:
    import os

    sftp_place.csv("保单清单_20261123.csv", line(1))
    os.utime(sftp.folder / tmp_path.name / "保单清单_20261123.csv", (4102444800, 4102444800))  # in the year 2100
    assert sftp_place.names(D) == ["保单清单_20261123.csv"]


def test_folders_links_and_hidden_files_are_no_files(place, sftp, tmp_path, line, request) -> None:
    place.csv("保单清单_20261123.csv", line(1))
    place.put(".保单清单_20261122.csv", b"x")
    if "sftp" in request.node.callspec.id:
        folder = sftp.folder / tmp_path.name
        (folder / "保单清单_20261121.csv").mkdir()
        (folder / "保单清单_20261120.csv").symlink_to("gone")
        (folder / "保单清单_20261118.csv").symlink_to("保单清单_20261118.csv")
        (folder / "保单清单_20261119.csv").symlink_to("保单清单_20261123.csv")
        assert [file.name for file in open_folder("picc_outbox").files()] == [
            "保单清单_20261119.csv", "保单清单_20261123.csv",
        ]  # fmt: skip
    else:
        place.put("保单清单_20261121.csv/inner.csv", b"x") if "s3" in request.node.callspec.id else None
        assert [file.name for file in open_folder("picc_outbox").files()] == ["保单清单_20261123.csv"]


def test_a_large_file_is_never_held_in_memory(place) -> None:
    import tracemalloc

    size = 96 * 1024 * 1024
    place.put("保单清单_20261123.csv", bytes(size))
    tracemalloc.start()
    try:
        pull(sources()["picc"], D)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    [file] = landed(sources()["picc"])
    assert file.path.stat().st_size == size
    assert peak < size / 2, "the whole file was held in memory"
