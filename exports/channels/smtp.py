"""Channel `smtp`: a mail per recipient, a notice or the workbooks as encrypted attachments. At most once by itself.

A server that has not answered after the last line of a mail may have taken it or not: that is uncertain, and so is a
delivery that was killed. Everything before is certain: nothing was taken. The Message-ID follows from the content.
"""

from __future__ import annotations

import contextlib
import io
import re
import smtplib
import ssl
import stat
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from functools import cached_property
from pathlib import Path
from typing import Any

from exports.channels.settings import MAIL_ADDRESS, SmtpSettings
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
from ingest.home import sha256_file
from ingest.places.connections import Place, SourceDownError, cannot, is_loopback, place, unknown_kind

OPTIONS = ("security", "ca_file", "timeout_seconds", "attachment_password", "attachment_password_file")
XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
SHORTEST_PASSWORD = 8


class Smtp:
    """A mail server as a channel: one session for all mails, opened anew when it broke."""

    can_look = False

    def __init__(self, settings: SmtpSettings, as_of: date) -> None:
        self._settings, self._as_of = settings, as_of
        self._session: smtplib.SMTP | None = None
        try:
            self._where = place(settings.connection)
            if self._where.kind != "smtp":
                raise unknown_kind(self._where, ("smtp",))
            extra = self._where.options(OPTIONS)
            self._security = extra.get("security") or ("tls" if self._where.port == 465 else "starttls")
            self._host = self._where.need_host()
            _check_security(self._where, self._security, self._host)
            self._passwords = _passwords(self._where) if settings.content == "attachment" else {}
            self._tls = ssl.create_default_context(cafile=extra.get("ca_file"))
            self._seconds = float(extra.get("timeout_seconds", 30))
        except SourceDownError as error:
            raise ChannelDownError(error.zh, error.en) from None
        except (OSError, ValueError) as error:
            why = cannot(*self._named("无法打开", "cannot be opened"), error)
            raise ChannelDownError(why.zh, why.en) from None

    def pack(self, files: Mapping[tuple[str, tuple[str, ...]], Sequence[Outgoing]]) -> list[Shipment]:
        """One mail per recipient."""
        is_notice = self._settings.content == "notice"
        return [
            Shipment(recipient, addresses, tuple(mine), is_notice) for (recipient, addresses), mine in files.items()
        ]

    def ready(self) -> None:
        """Open a session and log in, unless there is one. Raises ChannelDownError."""
        if self._session is not None:
            return
        try:
            self._session = self._opened()
        except smtplib.SMTPAuthenticationError as error:
            raise self._down(
                "账号或密码被拒绝", "the account or password was refused", error.smtp_code, error
            ) from None
        except ssl.SSLCertVerificationError:
            raise ChannelDownError(
                *self._named(
                    "服务器证书无法验证,未发送", "the server's certificate cannot be verified, so nothing was sent"
                )
            ) from None
        except smtplib.SMTPNotSupportedError:
            raise ChannelDownError(
                *self._named(
                    "服务器不支持加密(STARTTLS)或登录,未发送",
                    "the server offers no STARTTLS or no login; nothing was sent",
                )
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            code = getattr(error, "smtp_code", None)
            raise self._down("无法连接", "cannot be reached", code, error) from None

    def hand_over(self, shipment: Shipment, claim: Claimed) -> dict[str, Any]:
        """Send the mail. What was told to the server before it took the mail leaves no trace."""
        self._check_addresses(shipment.addresses)
        mail = self._mail(shipment, claim)
        data = re.sub(rb"(?m)^\.", b"..", mail.as_bytes(policy=SMTP))
        reached("written")
        self._envelope(shipment.addresses)
        session, self._session = self._session, None  # until it has answered, nothing else can be said to it
        assert session is not None
        reached("envelope")
        try:
            session.send(data if data.endswith(b"\r\n") else data + b"\r\n")
            reached("data")
            session.send(b".\r\n")
            reached("sent")
            code, _ = session.getreply()
        except (OSError, smtplib.SMTPException) as error:
            session.close()
            raise UncertainError(
                *self._named(
                    f"邮件已发完但没有收到答复({type(error).__name__})",
                    f"the mail was sent and there is no answer ({type(error).__name__})",
                )
            ) from None
        self._session = session
        reached("answered")
        if 400 <= code < 600:
            raise self._refused("邮件被拒绝", "the mail was refused", code)
        if code != 250:
            raise UncertainError(
                *self._named("邮件已发完,答复无法理解", "the mail was sent and the answer makes no sense")
            )
        return {"message_id": mail["Message-ID"]}

    def close(self) -> None:
        """Say goodbye."""
        if self._session is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._session.quit()
        self._drop()

    def _opened(self) -> smtplib.SMTP:
        port, name = self._where.port or 0, self._settings.sender.partition("@")[2]
        if self._security == "tls":
            session: smtplib.SMTP = smtplib.SMTP_SSL(self._host, port, name, timeout=self._seconds, context=self._tls)
        else:
            session = smtplib.SMTP(self._host, port or 587, name, timeout=self._seconds)
        try:
            reached("connected")
            if self._security == "starttls":
                session.starttls(context=self._tls)
            if self._where.login:
                session.login(self._where.login, self._where.password or "")
            session.ehlo_or_helo_if_needed()
            return session
        except BaseException:
            session.close()
            raise

    def _envelope(self, addresses: Sequence[str]) -> None:
        """Sender, recipients, DATA: until here nothing was taken."""
        assert self._session is not None
        with self._certain():
            code, _ = self._session.mail(self._settings.sender)
            if code != 250:
                raise self._refused("发件人被拒绝", "the sender was refused", code)
            for address in addresses:
                code, _ = self._session.rcpt(address)
                if code not in (250, 251):
                    raise self._refused("收件地址被拒绝", "the recipient's address was refused", code)
            code, _ = self._session.docmd("DATA")
            if code != 354:
                raise self._refused("邮件被拒绝", "the mail was refused", code)

    @contextlib.contextmanager
    def _certain(self) -> Iterator[None]:
        try:
            yield
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise self._down("连接中断", "the connection broke", None, error) from None

    def _refused(self, zh: str, en: str, code: int) -> NotDeliveredError:
        """4xx may be better later; the session goes on unless the server ends it."""
        is_temporary = 400 <= code < 500
        if code == 421:
            self._drop()
            return ChannelDownError(*self._named(f"{zh}({code})", f"{en} ({code})"), is_temporary=True)
        assert self._session is not None
        with self._certain():
            self._session.rset()
        return NotDeliveredError(*self._named(f"{zh}({code})", f"{en} ({code})"), is_temporary=is_temporary)

    def _down(self, zh: str, en: str, code: int | None, error: BaseException) -> ChannelDownError:
        why = cannot(*self._named(zh, en), error)
        told = f" {code}" if code else ""
        return ChannelDownError(why.zh + told, why.en + told, is_temporary=code is None or 400 <= code < 500)

    def _named(self, zh: str, en: str) -> tuple[str, str]:
        return f"连接 {self._settings.connection}:{zh}", f"connection {self._settings.connection!r}: {en}"

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
        self._session = None

    def _check_addresses(self, addresses: Sequence[str]) -> None:
        if not all(map(MAIL_ADDRESS.match, addresses)):
            raise NotDeliveredError(
                "工号不能用作邮件地址,未发送;请在 delivery.yaml 的 recipients 中单独写明",
                "the id cannot be part of a mail address, so nothing was sent; name the address in delivery.yaml",
            )
        domains = {domain.lower() for domain in self._settings.domains}
        if domains and not {address.rpartition("@")[2].lower() for address in addresses} <= domains:
            raise NotDeliveredError(
                "收件地址不在允许的域名中,未发送;见 delivery.yaml 的 domains",
                "the recipient's address is not of an allowed domain, so nothing was sent; see domains in delivery.yaml",
            )

    def _mail(self, shipment: Shipment, claim: Claimed) -> EmailMessage:
        is_attached = not shipment.is_notice and shipment.text is None
        subject, body = shipment.text or notice(shipment.files, self._settings.place, self._night, is_attached)
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._settings.sender, ", ".join(shipment.addresses), subject
        mail["Date"] = formatdate(claim.moment)
        mail["Message-ID"] = f"<{claim.key}@{self._settings.sender.partition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(body, cte="base64")
        for file in shipment.files if is_attached else ():
            mail.add_attachment(self._encrypted(file), maintype=XLSX[0], subtype=XLSX[1], filename=file.name)
        return mail

    def _encrypted(self, file: Outgoing) -> bytes:
        """A workbook that Excel, WPS and LibreOffice open with the password (ECMA-376 agile, AES-256)."""
        from msoffcrypto.format.ooxml import OOXMLFile

        if not file.path.exists() or sha256_file(file.path) != file.sha256:
            raise NotDeliveredError(
                f"发件箱中的文件与清单不一致;请删除 {file.path.parent} 并重跑当夜",
                f"the file in the outbox differs from its manifest; delete {file.path.parent} and run the night again",
            )
        password = self._passwords.get(file.recipient) or self._passwords.get("*")
        if not password:
            raise NotDeliveredError(
                *self._named(
                    f"没有给 {file.recipient} 的附件密码,未发送",
                    f"there is no attachment_password for {file.recipient}, so nothing was sent",
                )
            )
        out = io.BytesIO()
        OOXMLFile(io.BytesIO(file.path.read_bytes())).encrypt(password, out)
        return out.getvalue()

    @cached_property
    def _night(self) -> Night:
        return words_of(self._as_of)


def _check_security(where: Place, security: str, host: str) -> None:
    if security not in ("tls", "starttls", "none"):
        raise SourceDownError(
            f"连接 {where.id} 的 security 应为 starttls、tls 或 none",
            f"security of connection {where.id!r} is starttls, tls or none",
        )
    if security == "none" and not is_loopback(host):
        raise SourceDownError(
            f"连接 {where.id} 未加密(security: none 只允许本机),未发送",
            f"connection {where.id!r} is not encrypted; security: none is for this machine only",
        )


def _passwords(where: Place) -> dict[str, str]:
    """Passwords of attachments by recipient, * for everybody else: from the connection, or from a file of its owner's."""
    given, path = where.extra.get("attachment_password"), where.extra.get("attachment_password_file")
    if path:
        file = Path(path)
        if not file.is_file() or stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise SourceDownError(
                f"连接 {where.id} 的 attachment_password_file 不存在或他人可读;请 chmod 600",
                f"attachment_password_file of connection {where.id!r} is not there or others may read it: chmod 600",
            )
        given = file.read_text(encoding="utf-8").strip()
    passwords = given if isinstance(given, dict) else {"*": given or ""}
    if not all(isinstance(word, str) and len(word) >= SHORTEST_PASSWORD for word in passwords.values()):
        raise SourceDownError(
            f"连接 {where.id} 没有附件密码,或少于 {SHORTEST_PASSWORD} 个字符",
            f"connection {where.id!r} has no attachment_password of at least {SHORTEST_PASSWORD} characters",
        )
    return passwords
