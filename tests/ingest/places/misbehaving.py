"""A server of this machine, over TLS, that misbehaves on purpose."""

from __future__ import annotations

import contextlib
import json
import ssl
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.ingest.places import servers

TOKEN = "TokenNobodySees"


class Misbehaving:
    """A server of this machine that answers as it should, unless the next entry of `troubles` says otherwise."""

    def __init__(self, folder: Path) -> None:
        self.sales: list[dict[str, Any]] = []
        self.troubles: list[Callable[[Any], None]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Callable[[str, dict[str, str]], tuple[Any, dict[str, str]]] = self.numbered
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                address = urlsplit(self.path)
                outer.asked.append((address.path, dict(parse_qsl(address.query))))
                outer.headers.append(dict(self.headers))
                if outer.troubles:
                    return outer.troubles.pop(0)(self)
                value, headers = outer.answer(*outer.asked[-1])
                send(self, 200, json.dumps(value, ensure_ascii=False).encode(), **headers)

            def log_message(self, *_: Any) -> None:
                pass

        self.certificate, key = servers.make_certificate(folder)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]

    def numbered(self, _: str, query: dict[str, str]) -> tuple[Any, dict[str, str]]:
        size = int(query.get("size", 2))
        start = (int(query.get("page", 1)) - 1) * size
        return {"data": {"list": self.sales[start : start + size], "total": len(self.sales)}}, {}

    def place(self, **changed: Any) -> dict[str, Any]:
        extra = {"path": "api", "ca_file": str(self.certificate), "backoff_seconds": 0.25} | changed.pop("extra", {})
        return {
            "conn_type": "https", "host": "127.0.0.1", "port": self.port, "password": TOKEN, "extra": extra,
        } | changed  # fmt: skip


def send(handler: Any, status: int, body: bytes, **headers: str) -> None:
    handler.send_response_only(status)
    for name, value in ({"Content-Length": str(len(body))} | headers).items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def half(handler: Any) -> None:
    """The length of a whole answer, and half of it."""
    send(handler, 200, b'{"data": {"list": [{"number": "13800138000"', Content_Length="5000", Connection="close")
    handler.close_connection = True


def cut(handler: Any) -> None:
    """An answer that ends in the middle and looks complete."""
    send(handler, 200, b'{"data": {"list": [{"number": "13800138000"')


def busy(seconds: str, status: int = 429, **headers: str) -> Callable[[Any], None]:
    return lambda handler: send(handler, status, b"later", Retry_After=seconds, **headers)


def answers(status: int, body: bytes = b"", **headers: str) -> Callable[[Any], None]:
    return lambda handler: send(handler, status, body, **headers)


def drip(handler: Any) -> None:
    """A byte now and then, without an end."""
    handler.send_response_only(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    with contextlib.suppress(OSError):
        for _ in range(200):
            handler.wfile.write(b"1\r\n \r\n")
            time.sleep(0.05)
    handler.close_connection = True
