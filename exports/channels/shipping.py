"""What a channel is given, what it promises, and how it tells that something did not arrive."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

_logger = logging.getLogger("xubao.delivery")


class NotDeliveredError(RuntimeError):
    """It certainly has not arrived. is_temporary: the same again may work a little later.

    The message says what and why, Chinese first, and never a secret or an answer's own words.
    """

    def __init__(self, zh: str, en: str, is_temporary: bool = False) -> None:
        super().__init__(f"{zh} · {en}")
        self.zh, self.en, self.is_temporary = zh, en, is_temporary


class ChannelDownError(NotDeliveredError):
    """Nothing at all can be delivered by this channel now; what was under way certainly has not arrived."""


class UncertainError(RuntimeError):
    """Nobody can tell whether it arrived: the connection broke after everything was sent."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} · {en}")


@dataclass(frozen=True)
class Outgoing:
    """A file in the outbox that is to reach its recipient. change: rows added, removed, changed of a revision."""

    recipient: str
    name: str
    path: Path
    rows: int
    purpose: str | None
    revision: int
    sha256: str
    bytes: int
    change: dict[str, int] | None = None

    @property
    def key(self) -> str:
        """Its name in claims, receipts and messages."""
        return f"{self.recipient}/{self.name}"


@dataclass(frozen=True)
class Shipment:
    """What is handed over at once: a file (folder, SFTP), a mail with or without attachments, a message to a chat.

    addresses: where to, as the channel's settings say it. is_notice: only words leave, without personal data. text:
    (subject, body) of a notice about something else than its files.
    """

    recipient: str
    addresses: tuple[str, ...]
    files: tuple[Outgoing, ...]
    is_notice: bool = False
    text: tuple[str, str] | None = None

    @property
    def id(self) -> str:
        """The same for the same content to the same recipient, for ever: 24 hexadecimal digits, or a file's name."""
        if not self.is_notice and len(self.files) == 1:
            return self.files[0].name
        told = repr((self.recipient, sorted((file.key, file.sha256) for file in self.files)))
        return hashlib.sha256(told.encode()).hexdigest()[:24]

    @property
    def name(self) -> str:
        """What people call it."""
        return self.files[0].key if len(self.files) == 1 and not self.is_notice else self.recipient


class Claimed(Protocol):
    """The claim of a shipment, written before anything leaves."""

    key: str
    """Hexadecimal digits that are this shipment's alone: channel, night, recipient, content."""

    moment: float
    """When it was claimed first, seconds since 1970."""

    is_moving: bool
    """True if a file may already have got its final name."""

    def moving(self, is_moving: bool = True) -> None:
        """Keep that it is about to get its final name (or could not)."""


class Channel(Protocol):
    """A way out. One object delivers one night's shipments, one after the other."""

    can_look: bool
    """True if the destination can be asked what has arrived: then exactly once, else at most once by itself."""

    def pack(self, files: Mapping[tuple[str, tuple[str, ...]], Sequence[Outgoing]]) -> list[Shipment]:
        """Files by recipient and addresses, as shipments."""

    def ready(self) -> None:
        """Connect unless connected. Raises ChannelDownError."""

    def hand_over(self, shipment: Shipment, claim: Claimed) -> dict[str, Any] | None:
        """Deliver; return what the receipt keeps besides, None if it had arrived before.

        Raises NotDeliveredError, ChannelDownError, UncertainError.
        """

    def withdraw(self, shipment: Shipment, claim: Claimed) -> bool:
        """Take back what a killed delivery left, of a file that a revision has replaced; True if it had arrived.

        Of a channel that can look only.
        """

    def close(self) -> None:
        """End the connection."""


def reached(point: str) -> None:
    """A boundary between two steps of a delivery: logged for whoever looks for a hang; tests kill the process here."""
    _logger.debug("reached: %s", point)
