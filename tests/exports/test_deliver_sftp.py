"""Delivery behind SFTP, to a real OpenSSH server: exactly once wherever it breaks, to the pinned server only."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from exports.deliver import deliver
from ingest.archive import exports_of
from tests.exports.delivering import AS_OF, declare, kill_at_each, outbox_files, really_killed, receipts, stopping
from tests.ingest.places import servers

NAME = "call_list_001_S1_20261124.xlsx"


@pytest.fixture(scope="module")
def server() -> Iterator[servers.SftpServer]:
    with servers.sftp() as running:
        yield running


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], None]:
    return lambda place: monkeypatch.setenv("AIRFLOW_CONN_DELIVERY_SFTP", json.dumps(place))


@pytest.fixture
def folder(night_home: Path, server: servers.SftpServer, connect: Callable[..., None], tmp_path: Path) -> Path:
    """A folder of its own behind the server, into which the two call lists go."""
    place = server.place(path=str(server.folder / tmp_path.name), timeout_seconds=5)
    place["extra"].pop("settle_seconds")
    connect(place)
    declare(night_home, sftp={"kind": "sftp", "connection": "delivery_sftp", "purposes": ["renewal_calls"],
                              "recipients": {"*": "xubao/{recipient}"}, "tries": 2})  # fmt: skip
    return server.folder / tmp_path.name


def lying(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lists(home: Path) -> dict[str, bytes]:
    return {f"xubao/{key}": data for key, data in outbox_files(home).items() if "/call_list" in key}


def test_what_is_allowed_arrives_whole_once_with_receipts_and_stands_in_the_export_log(night_home, folder):
    result = deliver(AS_OF, "sftp")
    assert result == {"channel": "sftp", "delivered": 2, "already": 0, "failed": [], "uncertain": []}
    assert lying(folder) == lists(night_home)
    assert deliver(AS_OF, "sftp")["already"] == 2
    logged = {(row["channel"], row["recipient"], row["file_name"], row["purpose"]) for row in exports_of(AS_OF)}
    assert ("sftp", "S1", NAME, "renewal_calls") in logged and len(logged) == 2
    (folder / "xubao" / "S1" / NAME).unlink()  # taken away by its recipient
    deliver(AS_OF, "sftp")
    assert len(lying(folder)) == 1


def test_wherever_it_is_killed_the_next_run_leaves_every_file_once_and_whole(night_home, folder):
    shutil.rmtree(night_home / "outbox" / str(AS_OF) / "S2")

    def check(where: str) -> None:
        assert deliver(AS_OF, "sftp")["failed"] == [], where
        assert lying(folder) == lists(night_home), where
        assert len(receipts(night_home, "sftp")) == 1 and not list(night_home.rglob("*.claim.json")), where

    points = kill_at_each(night_home, lambda: deliver(AS_OF, "sftp"), lambda: shutil.rmtree(folder / "xubao"), check)
    assert {"connected", "ready", "claimed", "written", "checked", "moving", "moved", "receipt"} <= set(points)


@pytest.mark.parametrize("point", ["written", "moved"])
def test_a_process_that_is_really_killed_leaves_nothing_half_done(night_home, folder, point):
    with stopping() as points:
        deliver(AS_OF, "sftp")
    shutil.rmtree(night_home / "state" / "delivery")
    shutil.rmtree(folder / "xubao")
    really_killed(lambda: deliver(AS_OF, "sftp"), points.index(point))
    assert deliver(AS_OF, "sftp")["failed"] == []
    assert lying(folder) == lists(night_home)


@pytest.mark.parametrize("point", ["ready", "claimed", "looked", "written", "checked", "moving", "moved"])
def test_a_connection_that_breaks_anywhere_is_opened_again_and_the_files_arrive_once(
    night_home, folder, server, monkeypatch, point
):
    from tests.exports import delivering

    dropped = []

    def drop() -> None:
        if not dropped and handler_points[-1] == point:
            dropped.append(server.drop())

    with delivering.stopping(-1, drop) as handler_points:
        result = deliver(AS_OF, "sftp")
    assert dropped and result["failed"] == []
    assert lying(folder) == lists(night_home) and len(receipts(night_home, "sftp")) == 2


def test_a_file_taken_away_between_its_arrival_and_its_receipt_does_not_come_again(night_home, folder, server):
    with stopping() as points:
        deliver(AS_OF, "sftp")
    shutil.rmtree(night_home / "state" / "delivery")
    shutil.rmtree(folder / "xubao")
    really_killed(lambda: deliver(AS_OF, "sftp"), points.index("moved"))
    (folder / "xubao" / "S1" / NAME).unlink()
    assert deliver(AS_OF, "sftp")["failed"] == []
    assert lying(folder).keys() == lists(night_home).keys() - {f"xubao/S1/{NAME}"}


def test_half_a_file_of_a_killed_run_is_written_anew_and_somebodys_own_file_is_never_overwritten(
    night_home, folder, server
):
    for recipient in ("S1", "S2"):
        (folder / "xubao" / recipient).mkdir(parents=True)
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, server.user)
    (folder / "xubao" / "S1" / f".{NAME}.part").write_bytes(b"half")
    shutil.chown(folder / "xubao" / "S1" / f".{NAME}.part", server.user)
    own = folder / "xubao" / "S2" / "call_list_002_S2_20261124.xlsx"
    own.write_bytes(b"somebody's own")
    own.chmod(0o644)
    [failed] = deliver(AS_OF, "sftp")["failed"]
    assert "S2/" in failed and "not overwritten" in failed and own.read_bytes() == b"somebody's own"
    assert lying(folder)[f"xubao/S1/{NAME}"] == lists(night_home)[f"xubao/S1/{NAME}"]
    assert len(lying(folder)) == 2
    own.unlink()
    assert deliver(AS_OF, "sftp")["failed"] == [] and lying(folder) == lists(night_home)


def test_a_server_with_another_key_gets_nothing_and_is_not_tried_again(
    night_home, folder, server, connect, monkeypatch
):
    pauses: list[float] = []
    monkeypatch.setattr("exports.deliver.pause", pauses.append)
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    connect(server.place(path=str(folder), host_key=other))
    [failed] = deliver(AS_OF, "sftp")["failed"]
    assert "服务器密钥与登记的不一致" in failed and "not the pinned one" in failed and pauses == []
    connect(server.place(path=str(folder), host_key=""))
    assert "没有登记服务器密钥" in deliver(AS_OF, "sftp")["failed"][0]
    assert not folder.exists() and not list(night_home.glob("state/delivery/sftp/**/*.json"))


def test_a_server_that_is_down_is_tried_again_and_told_without_a_secret(night_home, folder, server, connect):
    connect({**server.place(path=str(folder)), "port": servers.free_port(), "password": "PasswordNobodySees"})
    [failed] = deliver(AS_OF, "sftp")["failed"]
    assert "2 tries" in failed and "nothing answers there" in failed and "无法连接" in failed
    connect(server.place(private_key="-----BEGIN OPENSSH PRIVATE KEY-----\nbroken\n"))
    [broken] = deliver(AS_OF, "sftp")["failed"]
    connect({**server.place(), "conn_type": "https"})
    [wrong] = deliver(AS_OF, "sftp")["failed"]
    for told in (failed, broken, wrong):
        assert "delivery_sftp" in told
        for secret in ("PasswordNobodySees", "PRIVATE KEY", server.host_key.split()[1], server.user):
            assert secret not in told


def test_one_recipients_folder_that_is_closed_stops_nobody_else(night_home, folder, server):
    servers.need_root("make a folder of its own for a user and close another")
    (folder / "xubao" / "S1").mkdir(parents=True)
    for path in (folder, folder / "xubao"):
        shutil.chown(path, server.user)
    (folder / "xubao" / "S1").chmod(0o500)
    result = deliver(AS_OF, "sftp")
    assert result["delivered"] == 1 and "S1/" in result["failed"][0] and "没有权限" in result["failed"][0]
    assert list(lying(folder)) == ["xubao/S2/call_list_002_S2_20261124.xlsx"]
