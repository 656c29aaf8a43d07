"""What tests of the channels share: a night with an outbox, places to stop at, a mail server and a chat's robot."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.ingest.places import servers

AS_OF = date(2026, 11, 24)
PATIENCE, SLOW = 1.0, 1.5
"""Seconds that a client waits in tests of slow servers, and that such a server takes."""
POINTS = logging.getLogger("xubao.delivery")
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


class KilledError(BaseException):
    """The process ends here, as far as a test in one process can do it."""


class _Stopping(logging.Handler):
    """Writes down which points are reached, and ends the run at one of them."""

    def __init__(self, at: int | None, kill: Callable[[], None]) -> None:
        super().__init__()
        self.points: list[str] = []
        self.at, self.kill = at, kill

    def emit(self, record: logging.LogRecord) -> None:
        self.points.append(str(record.args[0]))
        if self.at is not None and len(self.points) > self.at:
            self.kill()


def _raise() -> None:
    raise KilledError


def really_killed(run: Callable[[], Any], at: int) -> None:
    """Run in a process of its own that ends by SIGKILL at the boundary of that number."""
    child = os.fork()
    if child == 0:
        with stopping(at, lambda: os.kill(os.getpid(), signal.SIGKILL)):
            run()
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


@contextlib.contextmanager
def stopping(at: int | None = None, kill: Callable[[], None] = _raise) -> Iterator[list[str]]:
    """End at the boundary of that number (from 0); yields the names of those that are reached."""
    handler, level = _Stopping(at, kill), POINTS.level
    POINTS.addHandler(handler)
    POINTS.setLevel(logging.DEBUG)
    try:
        yield handler.points
    finally:
        POINTS.removeHandler(handler)
        POINTS.setLevel(level)


def kill_at_each(
    home: Path, run: Callable[[], Any], clean: Callable[[], None], check: Callable[[str], None]
) -> list[str]:
    """Run once whole to learn the boundaries; then, for each, run up to it, and let `check` run again and judge."""
    with stopping() as points:
        run()
    for at, point in enumerate(list(points)):
        shutil.rmtree(home / "state" / "delivery")
        clean()
        with stopping(at), contextlib.suppress(KilledError):
            run()
        check(f"killed at {at} ({point})")
    return points


def declare(home: Path, **channels: dict[str, Any]) -> None:
    """Write delivery.yaml."""
    (home / "delivery.yaml").write_text(
        yaml.safe_dump({"channels": channels}, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )


def outbox_files(home: Path) -> dict[str, bytes]:
    """The files in force, by recipient/name."""
    found = {}
    for path in (home / "outbox" / str(AS_OF)).glob("*/manifest.json"):
        for entry in json.loads(path.read_text(encoding="utf-8"))["files"]:
            found[f"{path.parent.name}/{entry['name']}"] = (path.parent / entry["name"]).read_bytes()
    return found


def keep_only(home: Path, *recipients: str) -> None:
    """Leave nothing in the outbox but the call lists of these."""
    for folder in (home / "outbox" / str(AS_OF)).iterdir():
        if folder.name not in recipients:
            shutil.rmtree(folder)
    call_lists_only(home, *recipients)


def call_lists_only(home: Path, *recipients: str) -> None:
    """Leave nothing to these but their call lists."""
    for recipient in recipients:
        path = home / "outbox" / str(AS_OF) / recipient / "manifest.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        manifest["files"] = [entry for entry in manifest["files"] if entry["purpose"] == "renewal_calls"]
        path.write_text(json.dumps(manifest), encoding="utf-8")


def receipts(home: Path, channel: str) -> dict[str, dict[str, Any]]:
    """Receipts by recipient/file."""
    folder = home / "state" / "delivery" / channel / str(AS_OF)
    return {
        f"{path.parent.name}/{path.name.removesuffix('.receipt.json')}": json.loads(path.read_text(encoding="utf-8"))
        for path in folder.glob("*/*.receipt.json")
    }


@dataclass
class Post:
    """A real mail server on loopback; `trouble` says what goes wrong with the next mails, one entry each."""

    port: int
    certificate: Path
    password: str
    trouble: list[str] = field(default_factory=list)
    rcpt: dict[str, str] = field(default_factory=dict)
    """Answers to RCPT by address."""
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[list[str]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.trouble[:1] == ["drop at MAIL"]:
            self.trouble.pop(0)
            server.transport.abort()
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        trouble = self.trouble.pop(0) if self.trouble else ""
        if trouble[:1] in ("4", "5"):
            return trouble
        if trouble == "drop and lose":
            server.transport.abort()
            return "250 OK"
        self.raw.append(envelope.content)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        self.envelopes.append(list(envelope.rcpt_tos))
        if trouble == "take and drop":
            server.transport.abort()
        if trouble == "take and sleep":
            time.sleep(SLOW)
        return "250 OK"

    def place(self, **extra: Any) -> dict[str, Any]:
        """A connection to it."""
        return {
            "conn_type": "smtp", "host": "127.0.0.1", "port": self.port, "login": "xubao", "password": self.password,
            "extra": {"ca_file": str(self.certificate), "timeout_seconds": 20} | extra,
        }  # fmt: skip

    def ids(self) -> list[str]:
        return [mail["Message-ID"] for mail in self.mails]


@contextlib.contextmanager
def mail_server(folder: Path, security: str = "starttls") -> Iterator[Post]:
    """A server that wants STARTTLS and a login, or TLS from the start (`tls`), or knows neither (`none`)."""
    certificate, key = servers.make_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    post = Post(servers.free_port(), certificate, "PasswordNobodySees")

    def login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == post.password.encode()
        return AuthResult(success=right, handled=False)

    options: dict[str, Any] = {
        "starttls": {
            "tls_context": context, "require_starttls": True, "authenticator": login, "auth_required": True,
        },
        "tls": {"ssl_context": context},
        "none": {},
    }  # fmt: skip
    controller = Controller(post, hostname="127.0.0.1", port=post.port, **options[security])
    controller.start()
    try:
        yield post
    finally:
        controller.stop()


KEY = "KeyNobodySees"


@dataclass
class Robot:
    """A robot's webhook on loopback; `trouble` says what it answers to the next messages, one entry each."""

    port: int = 0
    trouble: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def place(self, **changed: Any) -> dict[str, Any]:
        return {
            "conn_type": "http", "host": "127.0.0.1", "port": self.port, "password": KEY,
            "extra": {"timeout_seconds": 20},
        } | changed  # fmt: skip


@contextlib.contextmanager
def chat_robot() -> Iterator[Robot]:
    """A server that answers as WeCom does."""
    robot = Robot()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            trouble = robot.trouble.pop(0) if robot.trouble else "0"
            robot.keys.append(self.path)
            if trouble in ("0", "take and drop", "take and sleep"):
                robot.messages.append(body["text"]["content"])
            if trouble == "take and sleep":
                time.sleep(SLOW)
            if trouble.endswith("drop"):
                self.close_connection = True
                return
            status = int(trouble.removeprefix("status ")) if trouble.startswith("status ") else 200
            code = int(trouble) if trouble.lstrip("-").isdigit() else 0
            told = b"<html>" if trouble == "nonsense" else json.dumps({"errcode": code, "errmsg": "x"}).encode()
            with contextlib.suppress(OSError):
                self.send_response_only(status)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    robot.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield robot
    finally:
        server.shutdown()
        server.server_close()
