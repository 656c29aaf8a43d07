"""Delivery by mail, to a real server with STARTTLS: at most once by itself, and what is uncertain is a person's."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msoffcrypto
import openpyxl
import pytest

from exports.channels.command import main
from exports.deliver import deliver
from exports.steps import deliver_step, tell_step
from ingest.archive import exports_of
from tests.exports.delivering import (
    AS_OF,
    PATIENCE,
    KilledError,
    Post,
    call_lists_only,
    declare,
    kill_at_each,
    mail_server,
    outbox_files,
    really_killed,
    receipts,
    stopping,
)
from tests.ingest.places import servers

PASSWORD = "约定的密码-2026"
NAME = "call_list_001_S1_20261124.xlsx"
DAY = ["--as-of", "2026-11-24", "--channel", "mail"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    with mail_server(tmp_path_factory.mktemp("mail")) as post:
        yield post


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], None]:
    return lambda place: monkeypatch.setenv("AIRFLOW_CONN_DELIVERY_MAIL", json.dumps(place))


@pytest.fixture
def post(running: Post, connect: Callable[..., None], night_home: Path) -> Post:
    """The server, empty, and notices to S1 and S2."""
    for kept in (running.trouble, running.mails, running.envelopes, running.raw, running.rcpt):
        kept.clear()
    connect(running.place())
    call_lists_only(night_home, "S1", "S2")
    notices(night_home)
    return running


def notices(home: Path, **changed: Any) -> None:
    recipients = {"S1": "zhao@dealer.example", "S2": "qian@dealer.example"}
    declare(home, mail={"kind": "smtp", "connection": "delivery_mail", "sender": "xubao@dealer.example",
                        "recipients": recipients, "place": "共享文件夹 续保", "tries": 2} | changed)  # fmt: skip


def attachments(home: Path, **changed: Any) -> None:
    given = {"content": "attachment", "domains": ["dealer.example"], "purposes": ["renewal_calls", "pay_statement"]}
    notices(home, **given | changed)


def test_a_notice_says_how_much_is_where_and_holds_nobodys_data(night_home, post):
    result = deliver(AS_OF, "mail")
    assert result["delivered"] == 2 and result["failed"] == [] and len(set(post.ids())) == 2
    mail = next(mail for mail in post.mails if mail["To"] == "zhao@dealer.example")
    text = mail.get_content()
    assert "续保外呼：1 份，8 行" in text and "共享文件夹 续保" in text
    assert mail["Subject"] == "[续保] 2026-11-24 的文件已备好" and mail["From"] == "xubao@dealer.example"
    assert not list(mail.iter_attachments())
    for secret in ("13912345678", "王先生", "陕A12345", "LSVAA4182E2123456"):
        assert secret not in text and all(secret.encode() not in raw for raw in post.raw)
    assert exports_of(AS_OF) == [], "nothing personal left"
    [receipt] = [r for r in receipts(night_home, "mail").values() if r["recipient"] == "S1"]
    assert receipt["message_id"] == mail["Message-ID"] and receipt["files"] == [f"S1/{NAME}"]
    assert deliver(AS_OF, "mail")["delivered"] == 0 and len(post.mails) == 2


def test_an_attachment_is_encrypted_opens_with_the_password_and_stands_in_the_export_log(night_home, post, connect):
    connect(post.place(attachment_password=PASSWORD))
    attachments(night_home)
    assert deliver(AS_OF, "mail")["failed"] == []
    mail = next(mail for mail in post.mails if mail["To"] == "zhao@dealer.example")
    [attached] = mail.iter_attachments()
    assert attached.get_filename() == NAME
    sent = attached.get_content()
    file = msoffcrypto.OfficeFile(io.BytesIO(sent))
    assert file.is_encrypted() and file.type == "agile"
    with pytest.raises(msoffcrypto.exceptions.InvalidKeyError):
        file.load_key(password="another", verify_password=True)
    file.load_key(password=PASSWORD, verify_password=True)
    opened = io.BytesIO()
    file.decrypt(opened)
    assert opened.getvalue() == outbox_files(night_home)[f"S1/{NAME}"]
    assert openpyxl.load_workbook(opened).sheetnames
    assert PASSWORD not in mail.get_body().get_content() and "加密" in mail.get_body().get_content()
    assert PASSWORD.encode() not in b"".join(post.raw)
    [row] = [row for row in exports_of(AS_OF) if row["recipient"] == "S1"]
    entry = json.loads((night_home / "outbox/2026-11-24/S1/manifest.json").read_text(encoding="utf-8"))["files"][0]
    assert (row["channel"], row["purpose"], row["records"]) == ("mail", "renewal_calls", 8)
    assert row["sha256"] == entry["sha256"]


def test_each_recipient_may_have_a_password_and_without_one_nothing_is_sent(night_home, post, connect, tmp_path):
    connect(post.place(attachment_password={"S1": PASSWORD}))
    attachments(night_home)
    result = deliver(AS_OF, "mail")
    assert result["delivered"] == 1 and "S2" in result["failed"][0] and "附件密码" in result["failed"][0]
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n", encoding="utf-8")
    connect(post.place(attachment_password_file=str(file)))
    file.chmod(0o644)
    assert "chmod 600" in deliver(AS_OF, "mail")["failed"][0]
    file.chmod(0o600)
    assert deliver(AS_OF, "mail")["delivered"] == 1 and len(post.mails) == 2
    connect(post.place(attachment_password="short"))
    assert "8 characters" in deliver(AS_OF, "mail")["failed"][0]


def test_a_workbook_goes_to_allowed_domains_only(night_home, post, connect):
    connect(post.place(attachment_password=PASSWORD))
    attachments(night_home, recipients={"S1": "zhao@elsewhere.example", "S2": "qian@DEALER.example"})
    result = deliver(AS_OF, "mail")
    assert [mail["To"] for mail in post.mails] == ["qian@DEALER.example"]
    assert "不在允许的域名中" in result["failed"][0] and "elsewhere" not in result["failed"][0]


def test_a_purpose_that_is_not_allowed_and_a_recipient_without_an_address_get_no_mail(night_home, post, connect):
    connect(post.place(attachment_password=PASSWORD))
    attachments(night_home, recipients={"*": "{recipient}@dealer.example"}, purposes=["renewal_calls"])
    deliver(AS_OF, "mail")
    assert sorted(mail["To"] for mail in post.mails) == ["S1@dealer.example", "S2@dealer.example"]


def test_an_id_that_would_make_two_addresses_is_refused(night_home, post):
    (night_home / "outbox/2026-11-24/S1").rename(night_home / "outbox/2026-11-24/a@elsewhere.example, b")
    notices(night_home, recipients={"*": "{recipient}@dealer.example"})
    result = deliver(AS_OF, "mail")
    assert "工号不能用作邮件地址" in result["failed"][0] and all("elsewhere" not in mail["To"] for mail in post.mails)


def test_the_command_finds_the_connections_of_the_home(night_home, post, monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_DELIVERY_MAIL")
    (night_home / "connections.yaml").write_text(json.dumps({"delivery_mail": post.place()}))
    assert main(DAY) == 0 and len(post.mails) == 2


def two_files(home: Path) -> None:
    """S1 works in two stores."""
    path = home / "outbox/2026-11-24/S1/manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    other = "call_list_002_S1_20261124.xlsx"
    manifest["files"].append(manifest["files"][0] | {"name": other, "base_name": other})
    shutil.copy(path.with_name(NAME), path.with_name(other))
    path.write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize("content", [notices, attachments])
def test_wherever_it_is_killed_nobody_gets_a_mail_twice_and_what_is_uncertain_is_told(
    night_home, post, connect, content
):
    connect(post.place(attachment_password=PASSWORD))
    content(night_home, recipients={"S1": "zhao@dealer.example"})
    two_files(night_home)

    def check(where: str) -> None:
        result = deliver(AS_OF, "mail")
        ids = post.ids()
        assert len(ids) == len(set(ids)), where
        sure = {receipt["recipient"] for receipt in receipts(night_home, "mail").values()}
        unsure = {key.split("/")[0] for key in result["uncertain"]}
        assert sure | unsure == {"S1"} and not sure & unsure, where
        assert len(ids) == 1 if sure else result["failed"], where
        if unsure:
            assert deliver(AS_OF, "mail", ["S1"])["failed"] == [], where
        assert len(set(post.ids())) == 1, where
        assert len(receipts(night_home, "mail")) == (1 if content is notices else 2), where

    points = kill_at_each(night_home, lambda: deliver(AS_OF, "mail"), post.mails.clear, check)
    assert {"connected", "ready", "claimed", "written", "envelope", "data", "sent", "answered", "receipt"} <= set(
        points
    )


@pytest.mark.parametrize("trouble", ["drop and lose", "take and drop", "take and sleep"])
def test_a_send_without_an_answer_is_reported_never_repeated_and_a_person_sends_it_again(
    night_home, post, trouble, capsys, connect
):
    connect(post.place(timeout_seconds=PATIENCE))
    post.trouble[:] = [trouble]
    result = deliver(AS_OF, "mail")
    assert result["uncertain"] == [f"S1/{NAME}"] and result["delivered"] == 1
    [told] = result["failed"]
    assert "S1" in told and "--resend" in told and "不会自动重发" in told
    taken = len(post.mails)
    assert deliver(AS_OF, "mail")["failed"] and len(post.mails) == taken, "by itself it is not sent again"
    assert main([*DAY, "--status"]) == 0
    assert "--resend S1" in capsys.readouterr().out
    assert main([*DAY, "--resend", "S1"]) == 0
    assert len(post.mails) == taken + 1 and len(set(post.ids())) == 2, "with the same Message-ID"
    assert deliver(AS_OF, "mail") == {"channel": "mail", "delivered": 0, "already": 2, "failed": [], "uncertain": []}


def test_a_person_may_say_that_it_did_arrive(night_home, post, connect):
    connect(post.place(attachment_password=PASSWORD))
    attachments(night_home)
    post.trouble[:] = ["take and drop"]
    deliver(AS_OF, "mail")
    assert {row["recipient"] for row in exports_of(AS_OF)} == {"S1", "S2"}, "what may have left counts as left"
    assert main([*DAY, "--arrived", "S1"]) == 0
    assert deliver(AS_OF, "mail")["failed"] == [] and len(post.mails) == 2
    assert receipts(night_home, "mail")[f"S1/{NAME}"]["is_certain"] is False
    assert {row["recipient"] for row in exports_of(AS_OF)} == {"S1", "S2"}


def test_a_refusal_for_now_is_tried_again_with_growing_pauses_and_one_for_good_is_told(night_home, post, monkeypatch):
    pauses: list[float] = []
    monkeypatch.setattr("exports.deliver.pause", pauses.append)
    notices(night_home, tries=4, backoff_seconds=3)
    post.rcpt["qian@dealer.example"] = "550 No such user here 13912345678"
    post.trouble[:] = ["451 later", "452 later"]
    result = deliver(AS_OF, "mail")
    assert (
        result["delivered"] == 1 and pauses == [3, 6] and [mail["To"] for mail in post.mails] == ["zhao@dealer.example"]
    )
    assert "S2" in result["failed"][0] and "550" in result["failed"][0] and "139" not in result["failed"][0]
    post.rcpt.clear()
    assert deliver(AS_OF, "mail")["delivered"] == 1, "a refusal is certain, so the next run sends it by itself"


def test_a_mail_that_is_refused_after_its_last_line_was_not_taken(night_home, post):
    post.trouble[:] = ["554 spam", "554 spam"]
    result = deliver(AS_OF, "mail")
    assert result["uncertain"] == [] and post.mails == [] and "554" in result["failed"][0]
    assert deliver(AS_OF, "mail")["delivered"] == 2


def test_a_connection_that_breaks_before_the_mail_is_opened_again(night_home, post):
    post.trouble[:] = ["drop at MAIL"]
    result = deliver(AS_OF, "mail")
    assert result["failed"] == [] and len(post.mails) == 2


def test_after_three_without_an_answer_the_others_are_not_tried(night_home, post):
    notices(night_home, recipients={"*": "{recipient}@dealer.example"})
    people = len({key.split("/")[0] for key in outbox_files(night_home)})
    post.trouble[:] = ["drop and lose"] * 3
    result = deliver(AS_OF, "mail")
    assert people > 3 and post.mails == [] and len(receipts(night_home, "mail")) == 0
    assert any("not tried" in told for told in result["failed"])
    deliver(AS_OF, "mail")
    assert len(post.mails) == people - 3


def test_a_server_is_used_over_tls_with_a_known_certificate_and_the_right_password_only(night_home, post, connect):
    place = post.place()
    for changed, words in (
        ({**place, "extra": {"timeout_seconds": 5}}, "certificate cannot be verified"),
        ({**place, "password": "WrongNobodySees"}, "password was refused"),
        ({**place, "port": servers.free_port()}, "2 tries"),
        ({**place, "host": "192.0.2.1", "extra": {"security": "none"}}, "for this machine only"),
        ({**place, "extra": {"securty": "none"}}, "securty"),
        ({**place, "conn_type": "http"}, "conn_type"),
    ):
        connect(changed)
        [failed] = deliver(AS_OF, "mail")["failed"]
        assert words in failed and "delivery_mail" in failed
        for secret in ("PasswordNobodySees", "WrongNobodySees"):
            assert secret not in failed
    assert post.mails == [] and not list(night_home.glob("state/delivery/mail/**/*.json"))


def test_tls_from_the_start_is_spoken_too(night_home, post, connect, tmp_path):
    with mail_server(tmp_path, "tls") as other:
        connect({**other.place(security="tls"), "login": None})
        assert deliver(AS_OF, "mail")["failed"] == [] and len(other.mails) == 2


def test_a_server_without_starttls_gets_nothing_unless_it_is_this_machine_and_declared_so(
    night_home, post, connect, tmp_path
):
    with mail_server(tmp_path, "none") as other:
        place = {**other.place(), "login": None, "password": None}
        connect(place)
        [failed] = deliver(AS_OF, "mail")["failed"]
        assert "no STARTTLS" in failed and other.mails == []
        connect(place | {"extra": {"security": "none"}})
        assert deliver(AS_OF, "mail")["failed"] == [] and len(other.mails) == 2


@pytest.mark.parametrize("point", ["claimed", "data", "answered"])
def test_a_process_that_is_really_killed_leaves_it_uncertain_and_nobody_gets_it_twice(night_home, post, point):
    notices(night_home, recipients={"S1": "zhao@dealer.example"})
    with stopping() as points:
        deliver(AS_OF, "mail")
    shutil.rmtree(night_home / "state" / "delivery")
    post.mails.clear()
    really_killed(lambda: deliver(AS_OF, "mail"), points.index(point))
    assert deliver(AS_OF, "mail")["uncertain"] == [f"S1/{NAME}"]
    assert len(post.mails) == (point == "answered")


def test_a_revision_comes_as_a_mail_of_its_own_that_says_what_changed(night_home, post, connect):
    connect(post.place(attachment_password=PASSWORD))
    attachments(night_home)
    deliver(AS_OF, "mail")
    path = night_home / "outbox/2026-11-24/S1/manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["files"][0] |= {"name": "call_list_001_S1_r2_20261124.xlsx", "revision": 2}
    manifest["changes"] = [{"file": NAME, "revision": 2, "added": 1, "removed": 2, "changed": 3}]
    shutil.copy(path.with_name(NAME), path.with_name("call_list_001_S1_r2_20261124.xlsx"))
    path.write_text(json.dumps(manifest), encoding="utf-8")
    assert deliver(AS_OF, "mail")["delivered"] == 1
    mail = post.mails[-1]
    assert "有更正" in mail["Subject"] and "新增1行，删除2行，变更3行" in mail.get_body().get_content()
    assert [part.get_filename() for part in mail.iter_attachments()] == ["call_list_001_S1_r2_20261124.xlsx"]
    assert len(set(post.ids())) == 3


def test_the_managers_get_a_mail_about_another_channels_trouble(night_home, post):
    blocked = night_home / "file"
    blocked.write_text("no folder")
    declare(
        night_home,
        down={"kind": "folder", "path": str(blocked / "x"), "tries": 1},
        mail={"kind": "smtp", "connection": "delivery_mail", "sender": "xubao@dealer.example",
              "recipients": {"general_manager": "gm@dealer.example"}, "purposes": ["renewal_calls"]},
    )  # fmt: skip
    published = str((night_home / "published" / "current").resolve())
    failures = deliver_step("down", published)
    for _ in range(2):
        assert tell_step(published, failures) == ["mail"]
    [mail] = post.mails
    assert mail["To"] == "gm@dealer.example" and "down" in mail.get_content() and "未送达" in mail["Subject"]


def test_a_process_killed_while_it_sends_again_leaves_it_uncertain(night_home, post):
    post.trouble[:] = ["drop and lose"]
    deliver(AS_OF, "mail")
    with stopping() as points, pytest.raises(KilledError), stopping(0):
        deliver(AS_OF, "mail", ["S1"])
    assert points and deliver(AS_OF, "mail")["uncertain"] == [f"S1/{NAME}"]


def test_only_what_is_uncertain_can_be_settled(night_home, post, capsys):
    deliver(AS_OF, "mail")
    for option in ("--resend", "--arrived"):
        assert main([*DAY, option, "S1"]) == 2 and "没有 S1 的不确定件" in capsys.readouterr().err
