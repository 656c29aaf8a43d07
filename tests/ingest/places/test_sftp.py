"""Behind SFTP: who logs in, and to whose server."""

from __future__ import annotations

import json
import os
import traceback
from datetime import date
from pathlib import Path

import asyncssh
import pytest

from ingest.home import read_json
from ingest.landing import report_path
from ingest.places import SourceDownError, open_folder
from tests.ingest.places import servers

D = date(2026, 11, 24)


@pytest.fixture
def told(connect, sftp: servers.SftpServer):
    """What is said when the folder cannot be opened; nothing of the connection's secrets may stand in it."""

    def why(place: dict) -> str:
        connect(place)
        with pytest.raises(SourceDownError) as caught:
            open_folder("picc_outbox").files()
        text = f"{caught.value.zh}\n{caught.value.en}"
        logged = "".join(traceback.format_exception_only(caught.value)) + str(caught.value.__cause__)
        assert caught.value.__context__ is None or caught.value.__suppress_context__
        for secret in (place.get("password"), sftp.password, "PRIVATE KEY", sftp.host_key.split()[1]):
            assert not secret or secret not in text + logged
        return text

    return why


def names() -> list[str]:
    return [file.name for file in open_folder("picc_outbox").files()]


def test_a_key_logs_in(sftp_place) -> None:
    sftp_place.put("a.csv", b"1")
    assert names() == ["a.csv"]


def test_a_key_with_a_passphrase_may_lie_in_a_file(sftp, connect, tmp_path) -> None:
    key = asyncssh.import_private_key(sftp.key).export_private_key(passphrase="phrase")
    (tmp_path / "key").write_bytes(key)
    connect(sftp.place(private_key="", key_file=str(tmp_path / "key"), private_key_passphrase="phrase"))
    assert isinstance(names(), list)


def test_a_password_logs_in(sftp, connect) -> None:
    servers.need_root("give a user of this machine a password")
    connect({**sftp.place(private_key=""), "password": sftp.password})
    assert isinstance(names(), list)


def test_known_hosts_pin_a_server_too_as_text_or_as_a_file(sftp, connect, tmp_path) -> None:
    hosts = f"[127.0.0.1]:{sftp.port} {sftp.host_key}\n"
    connect(sftp.place(host_key="", known_hosts=hosts))
    assert isinstance(names(), list)
    (tmp_path / "known_hosts").write_text(hosts)
    connect(sftp.place(host_key="", known_hosts=str(tmp_path / "known_hosts")))
    assert isinstance(names(), list)


def test_without_a_pinned_key_nothing_is_sent(sftp, told) -> None:
    before = logins(sftp)
    why = told(sftp.place(host_key=""))
    assert "没有登记服务器密钥" in why and "ssh_host_ed25519_key.pub" in why
    assert logins(sftp) == before


def test_a_changed_key_is_refused_before_any_login(sftp, told) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    before = logins(sftp)
    why = told({**sftp.place(host_key=other), "password": "PasswordNobodySees"})
    assert "服务器密钥与登记的不一致" in why and "not the pinned one" in why
    assert "picc_outbox" in why
    assert logins(sftp) == before
    hosts = f"[127.0.0.1]:{sftp.port} {other}\n"
    assert "not the pinned one" in told(sftp.place(host_key="", known_hosts=hosts))
    assert "not the pinned one" in told(sftp.place(host_key="", known_hosts=f"elsewhere.example {sftp.host_key}\n"))


def test_a_server_that_is_changed_between_two_nights_is_a_verdict_and_the_night_goes_on(
    sftp_place, line, connect
) -> None:
    sftp_place.csv("保单清单_20261123.csv", line(1))
    assert sftp_place.names(D) == ["保单清单_20261123.csv"]
    with servers.sftp() as stranger:
        place = json.loads(os.environ["AIRFLOW_CONN_PICC_OUTBOX"])
        connect({**place, "port": stranger.port})
        assert sftp_place.names(date(2026, 11, 25)) == []
    [reason] = read_json(report_path("picc", date(2026, 11, 25)))["failed"]["policies"]
    assert "host_key" in reason["zh"] and "host_key" in reason["en"]


def test_a_wrong_password_or_key_is_told_without_it(sftp, told) -> None:
    assert "账号被拒绝" in told({**sftp.place(private_key=""), "password": "PasswordNobodySees"})
    other = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    assert "refused" in told(sftp.place(private_key=other))
    assert "cannot be opened" in told(sftp.place(private_key="-----BEGIN OPENSSH PRIVATE KEY-----\nbroken\n"))


def test_a_server_that_is_down_and_a_folder_that_is_gone_are_told(sftp, told) -> None:
    assert "nothing answers there" in told({**sftp.place(), "port": servers.free_port()})
    assert "no such folder" in told(sftp.place(path="/no/such/folder"))


def test_nothing_of_this_machines_own_ssh_is_used(sftp, told, tmp_path, monkeypatch) -> None:
    """A key or a known host in ~/.ssh, or an agent, must not open what the connection does not."""
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_ed25519").write_text(sftp.key)
    (tmp_path / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{sftp.port} {sftp.host_key}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "refused" in told({**sftp.place(private_key=""), "password": "PasswordNobodySees"})
    assert "没有登记服务器密钥" in told(sftp.place(host_key=""))


def test_a_mistyped_option_is_refused(sftp, told) -> None:
    assert "'hostkey'" in told(sftp.place(hostkey="x"))


def test_names_in_gb18030_and_hostile_names_come_in_under_safe_ones(sftp_place, sftp, tmp_path, line) -> None:
    folder = str(sftp.folder / tmp_path.name).encode() + b"/"
    sent = sftp_place.desk.put("x.csv", line(1)).read_bytes()
    for number, raw in enumerate(
        [
            "保单清单_20261123.csv".encode("gb18030"),
            "保单清单_20261123.csv".encode(),
            "保单清单_20261122\n.csv".encode(),
            "保单清单_20261122\r.csv".encode(),
        ]
    ):
        Path((folder + raw).decode("utf-8", "surrogateescape")).write_bytes(sent + b"\r\n" * number)
    got = sftp_place.names(D)
    assert "保单清单_20261123.csv" in got and len(set(got)) == 4
    landed = sorted((sftp_place.desk.home / "landing").rglob("*.csv"))
    assert len(landed) == 4
    assert all(path.name.isprintable() and path.parent.name == str(D) for path in landed)


def logins(sftp: servers.SftpServer) -> int:
    """How often somebody tried to log in, as the server wrote it down."""
    log = (sftp.folder.parent / "log").read_text(errors="replace")
    return log.count("Accepted ") + log.count("Failed ") + log.count("Invalid user")
