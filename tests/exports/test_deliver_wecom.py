"""A WeCom robot says that lists are ready and how many, to a real HTTP server: at most once by itself, nobody's data."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from exports.channels.command import main
from exports.deliver import deliver
from exports.steps import tell_step
from ingest.archive import exports_of
from tests.exports.delivering import (
    AS_OF,
    KEY,
    PATIENCE,
    KilledError,
    Robot,
    chat_robot,
    declare,
    kill_at_each,
    outbox_files,
    really_killed,
    receipts,
    stopping,
)
from tests.ingest.places import servers

DAY = ["--as-of", "2026-11-24", "--channel", "chat"]


@pytest.fixture(scope="module")
def running() -> Iterator[Robot]:
    with chat_robot() as robot:
        yield robot


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], None]:
    return lambda place: monkeypatch.setenv("AIRFLOW_CONN_DELIVERY_WECOM", json.dumps(place))


@pytest.fixture
def robot(running: Robot, connect: Callable[..., None], night_home: Path) -> Robot:
    """The robot, its chat empty."""
    for kept in (running.trouble, running.messages, running.keys):
        kept.clear()
    connect(running.place())
    declare(night_home, chat={"kind": "wecom", "connection": "delivery_wecom", "place": "共享文件夹 续保", "tries": 3})
    return running


def test_one_message_says_how_many_files_are_where_and_holds_nobodys_data(night_home, robot):
    result = deliver(AS_OF, "chat")
    assert result["delivered"] == 1 and result["failed"] == []
    [message] = robot.messages
    people = len({key.split("/")[0] for key in outbox_files(night_home)})
    assert f"收件人 {people} 人" in message and "续保外呼：2 份，8 行" in message and "共享文件夹 续保" in message
    assert robot.keys == [f"/cgi-bin/webhook/send?key={KEY}"]
    for secret in ("13912345678", "王先生", "赵伟", "陕A12345", "LSVAA4182E2123456", "S1"):
        assert secret not in message
    assert exports_of(AS_OF) == []
    [receipt] = receipts(night_home, "chat").values()
    assert receipt["recipient"] == "chat" and len(receipt["files"]) == len(outbox_files(night_home))
    assert deliver(AS_OF, "chat")["delivered"] == 0 and len(robot.messages) == 1


def test_the_chat_hears_of_the_declared_recipients_only(night_home, robot):
    declare(night_home, chat={"kind": "wecom", "connection": "delivery_wecom", "recipients": ["S1"]})
    deliver(AS_OF, "chat")
    assert "收件人 1 人" in robot.messages[0] and "奖金核对" not in robot.messages[0]


def test_wherever_it_is_killed_the_message_comes_at_most_once_and_what_is_uncertain_is_told(night_home, robot):
    def check(where: str) -> None:
        result = deliver(AS_OF, "chat")
        assert len(robot.messages) <= 1, where
        sure = bool(receipts(night_home, "chat"))
        assert sure == (not result["uncertain"]) == (not result["failed"]), where
        assert len(robot.messages) == 1 or not sure, where
        if not sure:
            assert "--resend" in result["failed"][0], where
            assert deliver(AS_OF, "chat", ["chat"])["failed"] == [], where

    points = kill_at_each(night_home, lambda: deliver(AS_OF, "chat"), robot.messages.clear, check)
    assert {"ready", "claimed", "written", "answered", "receipt"} <= set(points)


def test_a_process_that_is_really_killed_leaves_it_uncertain(night_home, robot):
    with stopping() as points:
        deliver(AS_OF, "chat")
    shutil.rmtree(night_home / "state" / "delivery")
    really_killed(lambda: deliver(AS_OF, "chat"), points.index("answered"))
    assert deliver(AS_OF, "chat")["uncertain"] and len(robot.messages) == 2, "one of the first run, one of the killed"


@pytest.mark.parametrize("trouble", ["take and drop", "drop", "take and sleep", "nonsense", "status 502"])
def test_without_a_clear_answer_it_is_reported_and_a_person_sends_it_again(night_home, robot, trouble, connect):
    connect(robot.place(extra={"timeout_seconds": PATIENCE}))
    robot.trouble[:] = [trouble]
    result = deliver(AS_OF, "chat")
    assert result["uncertain"] and "--resend" in result["failed"][0]
    taken = len(robot.messages)
    assert deliver(AS_OF, "chat")["failed"] and len(robot.messages) == taken
    assert main([*DAY, "--resend", "chat"]) == 0
    assert len(robot.messages) == taken + 1 and deliver(AS_OF, "chat")["failed"] == []


def test_a_busy_robot_is_asked_again_and_one_that_refuses_is_told_with_its_code(night_home, robot):
    robot.trouble[:] = ["45009", "-1"]
    assert deliver(AS_OF, "chat")["failed"] == [] and len(robot.messages) == 1


@pytest.mark.parametrize(("trouble", "words"), [("93000", "errcode 93000"), ("status 404", "404")])
def test_a_refusal_is_told_with_its_code_and_the_next_run_tries_again(night_home, robot, trouble, words):
    robot.trouble[:] = [trouble]
    result = deliver(AS_OF, "chat")
    assert result["uncertain"] == [] and words in result["failed"][0] and robot.messages == []
    assert deliver(AS_OF, "chat")["delivered"] == 1


def test_a_robot_that_cannot_be_reached_is_tried_again_and_the_key_stands_nowhere(
    night_home, robot, connect, caplog, capsys
):
    caplog.set_level(logging.DEBUG)
    told = []
    for place in (
        robot.place(port=servers.free_port()),
        robot.place(password=""),
        robot.place(host="192.0.2.1"),
        robot.place(extra={"pth": "x"}),
        robot.place(conn_type="smtp"),
    ):
        connect(place)
        told += deliver(AS_OF, "chat")["failed"]
    assert "3 tries" in told[0] and "webhook" in told[1] and "not encrypted" in told[2] and "'pth'" in told[3]
    connect(robot.place())
    robot.trouble[:] = ["93000"]
    told += deliver(AS_OF, "chat")["failed"]
    deliver(AS_OF, "chat")
    main([*DAY, "--status"])
    files = [path for path in night_home.rglob("*") if path.is_file() and path.suffix in (".json", ".txt", ".log")]
    seen = "\n".join([*told, caplog.text, *capsys.readouterr(), *(path.read_text(encoding="utf-8") for path in files)])
    assert KEY not in seen and all("delivery_wecom" in sentence for sentence in told)


def test_a_long_message_is_cut_at_what_the_robot_takes(night_home, robot):
    declare(night_home, chat={"kind": "wecom", "connection": "delivery_wecom", "place": "远" * 2000})
    deliver(AS_OF, "chat")
    assert 2000 < len(robot.messages[0].encode()) <= 2048


def test_the_managers_hear_of_trouble_in_the_chat_without_a_name(night_home, robot):
    published = str((night_home / "published" / "current").resolve())
    failures = ["mail: S1: nobody knows"]
    assert [tell_step(published, failures) for _ in range(2)] == [["chat"], ["chat"]]
    [message] = robot.messages
    assert "渠道 mail：1 个问题" in message and "S1" not in message and "--status" in message


def test_a_killed_telling_is_not_repeated(night_home, robot):
    published = str((night_home / "published" / "current").resolve())
    failures = ["mail: S1: nobody knows"]
    with stopping() as points:
        tell_step(published, failures)
    shutil.rmtree(night_home / "state" / "delivery")
    with stopping(points.index("answered")), pytest.raises(KilledError):
        tell_step(published, failures)
    assert tell_step(published, failures) == [] and len(robot.messages) == 2
