"""Channel `wecom`: a robot of a WeCom group chat (企业微信群机器人). Notice and counts only, at most once by itself.

Answers have errcode 0 if the message stands in the chat; any other says that it does not. No answer says nothing.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

import httpx

from exports.channels.settings import WecomSettings
from exports.channels.shipping import (
    ChannelDownError,
    Claimed,
    NotDeliveredError,
    Outgoing,
    Shipment,
    UncertainError,
    reached,
)
from exports.channels.words import notice, words_of
from exports.wording import Night
from ingest.places.connections import SourceDownError, cannot, place, refuse_plain, unknown_kind

OPTIONS = ("path", "ca_file", "proxy", "timeout_seconds")
HOST, PATH = "qyapi.weixin.qq.com", "cgi-bin/webhook/send"
AGAIN = {-1: "系统繁忙 · it is busy", 45009: "发送过于频繁 · too many messages a minute"}
"""errcodes after which the same message may be accepted a little later."""
LONGEST = 2048
"""Bytes of a text message."""
CHAT = "chat"


class Wecom:
    """A robot behind a webhook; its key is the connection's password."""

    can_look = False

    def __init__(self, settings: WecomSettings, as_of: date) -> None:
        self._settings, self._as_of = settings, as_of
        try:
            where = place(settings.connection)
            if where.kind not in ("https", "http"):
                raise unknown_kind(where, ("https",))
            extra = where.options(OPTIONS)
            host, scheme = where.host or HOST, "https" if where.schema == "https" else where.kind
            refuse_plain(where, scheme, host)
            if not where.password:
                raise SourceDownError(
                    f"连接 {where.id} 没有 password:请填机器人 webhook 地址中 key= 后面的部分",
                    f"connection {where.id!r} has no password: give what stands after key= in the robot's address",
                )
            self._id, self._key = where.id, where.password
            self._url = httpx.URL(
                scheme=scheme, host=host, port=where.port, path="/" + str(extra.get("path", PATH)).strip("/")
            )
            self._client = httpx.Client(
                verify=ssl.create_default_context(cafile=extra.get("ca_file")),
                timeout=float(extra.get("timeout_seconds", 30)),
                proxy=extra.get("proxy"),
                trust_env=False,
            )
        except SourceDownError as error:
            raise ChannelDownError(error.zh, error.en) from None
        except Exception as error:
            why = cannot(
                f"连接 {settings.connection} 无法打开", f"connection {settings.connection!r} cannot be opened", error
            )
            raise ChannelDownError(why.zh, why.en) from None

    def pack(self, files: Mapping[tuple[str, tuple[str, ...]], Sequence[Outgoing]]) -> list[Shipment]:
        """One message to the chat about all files."""
        everything = tuple(file for mine in files.values() for file in mine)
        return [Shipment(CHAT, (CHAT,), everything, is_notice=True)] if everything else []

    def ready(self) -> None:
        """Each message has a connection of its own."""

    def hand_over(self, shipment: Shipment, claim: Claimed) -> dict[str, Any]:
        """Post the message."""
        subject, body = shipment.text or notice(shipment.files, self._settings.place, self._night)
        people = len({file.recipient for file in shipment.files})
        told = f"{subject}\n{'' if shipment.text else self._night.say('notice.people', people=people) + chr(10)}{body}"
        message = {"msgtype": "text", "text": {"content": told.encode()[:LONGEST].decode("utf-8", "ignore")}}
        reached("written")
        try:
            answer = self._client.post(self._url, params={"key": self._key}, json=message)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            why = cannot(f"连接 {self._id} 无法发送", f"connection {self._id!r} cannot send", error)
            raise ChannelDownError(why.zh, why.en, is_temporary=True) from None
        except httpx.HTTPError as error:
            name = type(error).__name__
            raise UncertainError(
                f"连接 {self._id} 已发出但没有完整回答({name})",
                f"connection {self._id!r} sent it and got no whole answer ({name})",
            ) from None
        reached("answered")
        self._check(answer)
        return {}

    def close(self) -> None:
        """End what is open."""
        self._client.close()

    def _check(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if 300 <= status < 500:
            raise NotDeliveredError(
                f"连接 {self._id} 回答 {status},未发出",
                f"connection {self._id!r} answers {status}; it was not sent",
                is_temporary=status in (408, 425, 429),
            )
        try:
            code = int(answer.json()["errcode"]) if status == 200 else None
        except (ValueError, KeyError, TypeError):
            code = None
        if code is None:
            raise UncertainError(
                f"连接 {self._id} 的回答({status})不能说明是否发出",
                f"the answer of connection {self._id!r} ({status}) does not say whether it was sent",
            )
        if code:
            raise NotDeliveredError(
                f"连接 {self._id}:机器人拒绝(errcode {code}),请核对 webhook 的 key 和群机器人",
                f"connection {self._id!r}: the robot refused ({AGAIN.get(code, 'check its key and the chat')}, errcode {code})",
                is_temporary=code in AGAIN,
            )

    @cached_property
    def _night(self) -> Night:
        return words_of(self._as_of)
