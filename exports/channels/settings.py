"""Which channels run, what may go by each, and to whom: delivery.yaml, declared like a source, without a secret.

Secrets stand in the Airflow connections that it names. Without the file, everything goes into the folder.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import yaml

from exports.channels.shipping import Outgoing
from ingest.archive import export_purposes
from ingest.home import home

KPI = "kpi"
"""The word in `purposes` for files without personal data; the others are those of the export log."""
NAME = re.compile(r"^[a-z][a-z0-9_]{0,30}$")
MAIL_ADDRESS = re.compile(r"^(?:[A-Za-z0-9._%+-]|\{recipient\})+@(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+\Z")
FOLDER_PART = re.compile(r"^(?!\.{1,2}$)[^/\\\0]+$")
Addresses = dict[str, str | list[str] | None]


class UnknownChannelError(ValueError):
    """No way to deliver by that name."""


class SettingsUnusableError(ValueError):
    """delivery.yaml, or a channel in it, cannot be used."""


class _Common(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    recipients: Addresses = {"*": "{recipient}"}
    """Recipient → where; "*" stands for everybody who is not named, {recipient} for the id, null for not by this way."""
    tries: int = pydantic.Field(4, ge=1, le=10)
    backoff_seconds: float = pydantic.Field(5, ge=0, le=300)
    """Pause before the second round; each further one is twice as long, at most ten minutes."""

    def addresses_of(self, recipient: str) -> tuple[str, ...]:
        """Where this recipient's files go by this channel; empty: not at all."""
        given = self.recipients.get(recipient, self.recipients.get("*"))
        listed = given if isinstance(given, list) else [given] if given else []
        return tuple(address.replace("{recipient}", recipient) for address in listed)

    def carries(self, file: Outgoing) -> bool:
        """True if this file may go by this channel."""
        allowed = getattr(self, "purposes")  # noqa: B009 - every kind has them, with defaults of its own
        return allowed == "all" or (file.purpose or KPI) in allowed


def _known(purposes: Any) -> Any:
    known = {KPI, *export_purposes()}
    if purposes != "all" and not set(purposes) <= known:
        raise ValueError(f"there are only: {', '.join(sorted(known))}")
    return purposes


Purposes = Annotated[frozenset[str], pydantic.AfterValidator(_known)]
AnyPurpose = Annotated[Literal["all"] | frozenset[str], pydantic.AfterValidator(_known)]


def _folders(addresses: Addresses) -> Addresses:
    for address in addresses.values():
        if address is not None and not (isinstance(address, str) and all(map(FOLDER_PART.match, address.split("/")))):
            raise ValueError("a folder below the channel's own, such as sales/{recipient}")
    return addresses


FolderAddresses = Annotated[Addresses, pydantic.AfterValidator(_folders)]


class FolderSettings(_Common):
    """A local or mounted folder."""

    kind: Literal["folder"]
    path: Path | None = None
    recipients: FolderAddresses = {"*": "{recipient}"}
    purposes: AnyPurpose = "all"


class SftpSettings(_Common):
    """A folder behind SFTP."""

    kind: Literal["sftp"]
    connection: str
    recipients: FolderAddresses = {"*": "{recipient}"}
    purposes: Purposes


class SmtpSettings(_Common):
    """Mail: a notice, or the workbooks as encrypted attachments."""

    kind: Literal["smtp"]
    connection: str
    sender: str
    recipients: Addresses
    content: Literal["notice", "attachment"] = "notice"
    domains: frozenset[str] = frozenset()
    """Domains that attachments may go to; notices too, if any are given."""
    place: str = ""
    """Where the lists lie, in words for people."""
    purposes: AnyPurpose = "all"

    def carries(self, file: Outgoing) -> bool:
        """Only workbooks can be encrypted, so nothing else is attached."""
        return super().carries(file) and (self.content == "notice" or file.name.endswith(".xlsx"))

    @pydantic.model_validator(mode="after")
    def _is_whole(self) -> SmtpSettings:
        if not MAIL_ADDRESS.match(self.sender):
            raise ValueError("sender: a mail address, such as xubao@dealer.example")
        listed = [a for given in self.recipients.values() for a in (given if isinstance(given, list) else [given]) if a]
        if not all(map(MAIL_ADDRESS.match, listed)):
            raise ValueError("recipients: mail addresses, such as {recipient}@dealer.example")
        if self.content == "attachment" and (not self.domains or self.purposes == "all"):
            raise ValueError("content: attachment needs domains (to which workbooks may go) and a list of purposes")
        return self


class WecomSettings(_Common):
    """A robot of a WeCom group chat: notice and counts only. recipients: whose files it counts."""

    kind: Literal["wecom"]
    connection: str
    recipients: Annotated[Addresses, pydantic.BeforeValidator(lambda names: _as_chat(names))] = {"*": "chat"}
    place: str = ""
    purposes: AnyPurpose = "all"


def _as_chat(names: Any) -> Any:
    if not isinstance(names, list):
        raise ValueError('a list of recipients, such as [S1, general_manager] or ["*"]')
    return dict.fromkeys(names, "chat")


Settings = FolderSettings | SftpSettings | SmtpSettings | WecomSettings
_SETTINGS = pydantic.TypeAdapter(Annotated[Settings, pydantic.Field(discriminator="kind")])


def settings_file() -> Path:
    """XUBAO_DELIVERY, or delivery.yaml in the home."""
    return Path(os.environ.get("XUBAO_DELIVERY") or home() / "delivery.yaml")


def channels() -> list[str]:
    """Names of the channels that run, in the order of the file. Raises SettingsUnusableError if it cannot be read."""
    return list(_declared())


def channel_settings(name: str) -> Settings:
    """What the file says about one channel. Raises UnknownChannelError, SettingsUnusableError."""
    declared = _declared()
    if name not in declared:
        raise UnknownChannelError(
            f"没有名为 {name!r} 的渠道;已有:{'、'.join(declared)} · "
            f"there is no channel {name!r}; known channels: {', '.join(declared)}"
        )
    try:
        return _SETTINGS.validate_python(declared[name])
    except pydantic.ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'][1:])) or 'kind'}: {fault['msg']}" for fault in error.errors()
        )
        raise SettingsUnusableError(
            f"{settings_file().name} 中渠道 {name} 的设置有误,见 docs/delivery.md · "
            f"the settings of channel {name!r} in {settings_file().name} cannot be used: {faults}; see docs/delivery.md"
        ) from None


def _declared() -> dict[str, Any]:
    path = settings_file()
    if not path.exists():
        return {"folder": {"kind": "folder"}}
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        declared = found["channels"]
        if set(found) == {"channels"} and declared and all(NAME.match(name) for name in declared):
            return dict(declared)
    except (OSError, ValueError, yaml.YAMLError, TypeError, KeyError):
        pass
    raise SettingsUnusableError(
        f"{path} 无法读取,今夜不交付;应以 `channels:` 开头,其下每个渠道一段,见 docs/delivery.md · {path} cannot be read, so "
        "nothing is delivered: it begins with `channels:` and below it one block per channel, named by lower-case "
        "letters, digits and _; see docs/delivery.md"
    )
