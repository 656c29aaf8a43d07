"""One question to an interface over HTTPS: an answer that is whole, or the reason why there is none."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import tenacity

from ingest import limits
from ingest.places.connections import Place, SourceDownError, cannot, place, refuse_plain, unknown_kind

OPTIONS = ("path", "ca_file", "token_header", "proxy", "timeout_seconds", "retries", "backoff_seconds")
AGAIN = {408, 425, 429, 500, 502, 503, 504}
"""Answers after which the same question is asked again."""
LONGEST_WAIT = 120.0
"""Seconds that an answer's Retry-After is obeyed; who wants more is asked again the next night."""
REDIRECTS = 3
pause = time.sleep


class _TryAgainError(Exception):
    """An answer that may be better the next time; `wait` is what the server asked for."""

    def __init__(self, zh: str, en: str, wait: float | None = None) -> None:
        super().__init__(en)
        self.zh, self.en, self.wait = zh, en, wait


class Literal(str):
    """A JSON number as it was written: `1.10` and 22 digits stay what they are."""


class Interface:
    """An interface behind a connection. Close it after use."""

    def __init__(self, connection: str) -> None:
        where = place(connection)
        if where.kind not in ("https", "http"):
            raise unknown_kind(where, ("https", "http"))
        extra = where.options(OPTIONS)
        scheme = "https" if where.kind == "https" or where.schema == "https" else "http"
        host = where.need_host()
        refuse_plain(where, scheme, host)
        self.connection = connection
        self._attempts = int(extra.get("retries", 4)) + 1
        self._backoff = float(extra.get("backoff_seconds", 1))
        netloc = f"[{host}]" if ":" in host else host
        port = f":{where.port}" if where.port else ""
        self._base = httpx.URL(f"{scheme}://{netloc}{port}/{str(extra.get('path', '')).strip('/')}")
        try:
            self._client = httpx.Client(
                verify=ssl.create_default_context(cafile=extra.get("ca_file")),
                auth=(where.login, where.password or "") if where.login else None,
                headers={"Accept": "application/json", **_token(where, extra)},
                timeout=float(extra.get("timeout_seconds", 30)),
                proxy=extra.get("proxy"),
                trust_env=False,
            )
        except Exception as error:
            raise cannot(f"连接 {connection} 无法打开", f"connection {connection!r} cannot be opened", error) from None

    def close(self) -> None:
        self._client.close()

    def first(self, path: str) -> httpx.URL:
        """The address of a path below the connection's own."""
        return self._base.copy_with(
            path="/".join(part for part in (self._base.path.rstrip("/"), path.strip("/")) if part)
        )

    def get(self, url: httpx.URL, query: dict[str, str]) -> tuple[Any, httpx.Response]:
        """The JSON value of an answer that is whole, asked for again with growing pauses while it is not."""
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._attempts),
            retry=tenacity.retry_if_exception_type(_TryAgainError),
            wait=self._pause,
            sleep=lambda seconds: pause(seconds),
            reraise=True,
        )
        try:
            return retrying(self._once, url, query)
        except _TryAgainError as error:
            raise self.fault(f"{error.zh}(已试 {self._attempts} 次)", f"{error.en} ({self._attempts} tries)") from None
        except SourceDownError:
            raise
        except Exception as error:
            raise cannot(
                f"连接 {self.connection} 无法读取", f"connection {self.connection!r} cannot be read", error
            ) from None

    def fault(self, zh: str, en: str) -> SourceDownError:
        """What is wrong with this interface."""
        return SourceDownError(f"连接 {self.connection}:{zh}", f"connection {self.connection!r}: {en}")

    def same_place(self, url: httpx.URL) -> bool:
        """True for an address of the connection's own scheme, host and port."""
        own = self._base
        return (url.scheme, url.host, _port(url)) == (own.scheme, own.host, _port(own))

    def _pause(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        wait = error.wait if isinstance(error, _TryAgainError) else None
        return wait if wait is not None else self._backoff * 2.0 ** (state.attempt_number - 1)

    def _once(self, url: httpx.URL, query: dict[str, str]) -> tuple[Any, httpx.Response]:
        try:
            for _ in range(REDIRECTS + 1):
                with self._client.stream("GET", url, params=query or None) as answer:
                    if answer.is_redirect:
                        url, query = self._redirected(answer), {}
                        continue
                    self._check_status(answer)
                    return _parsed(self._body(answer)), answer
        except httpx.TransportError as error:
            if any(isinstance(each, ssl.SSLCertVerificationError) for each in _causes(error)):
                raise self.fault("服务器证书无法验证", "the server's certificate cannot be verified") from None
            name = type(error).__name__
            raise _TryAgainError(f"连接中断或回答不完整({name})", f"the answer broke off ({name})") from None
        except httpx.DecodingError:
            raise _TryAgainError("回答不完整", "the answer broke off (DecodingError)") from None
        raise self.fault("重定向过多", "too many redirects")

    def _redirected(self, answer: httpx.Response) -> httpx.URL:
        try:
            target = answer.url.join(answer.headers["location"])
        except (KeyError, httpx.InvalidURL):
            raise self.fault("重定向无效", "a redirect without an address") from None
        if not self.same_place(target):
            raise self.fault("被重定向到另一台主机,未跟随", "it redirects to another host, which is not followed")
        return target

    def _check_status(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status in AGAIN:
            wait = _retry_after(answer)
            if wait is not None and wait > LONGEST_WAIT:
                raise self.fault(
                    f"对方要求 {wait:.0f} 秒后再来", f"it asks to come back in {wait:.0f} seconds ({status})"
                )
            raise _TryAgainError(f"对方暂时无法回答({status})", f"it cannot answer now ({status})", wait)
        if status in (401, 403):
            raise self.fault(f"账号或令牌被拒绝({status})", f"the account or token was refused ({status})")
        if status != 200:
            raise self.fault(f"回答 {status}", f"it answers {status}")

    def _body(self, answer: httpx.Response) -> bytes:
        body, until = bytearray(), time.monotonic() + limits.PAGE_SECONDS
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > limits.PAGE_BYTES:
                raise self.fault("一页过大", f"a page is larger than {limits.PAGE_BYTES // limits.MIB} MiB")
            if time.monotonic() > until:
                raise self.fault("一页未能在时限内取完", f"a page took longer than {limits.PAGE_SECONDS} s")
        return bytes(body)


def _token(where: Place, extra: dict[str, Any]) -> dict[str, str]:
    """A password without a login is a token: as `Authorization: Bearer`, or in the header that `token_header` names."""
    if where.login or not where.password:
        return {}
    name = extra.get("token_header")
    return {name: where.password} if name else {"Authorization": f"Bearer {where.password}"}


def _port(url: httpx.URL) -> int | None:
    return url.port or {"https": 443, "http": 80}.get(url.scheme)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _retry_after(answer: httpx.Response) -> float | None:
    """Seconds to wait as the answer says it: a number, or a moment, which is measured by the server's own clock."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text[:9])
    try:
        now = parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
        return max(0.0, (parsedate_to_datetime(text).astimezone(UTC) - now).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None


def _parsed(body: bytes) -> Any:
    """The JSON value of a body; one that is cut off or broken may be whole the next time."""
    try:
        return json.loads(
            body.decode("utf-8-sig"),
            parse_float=Literal,
            parse_int=Literal,
            parse_constant=_refuse,
            object_pairs_hook=_once,
        )
    except ValueError:  # its text quotes the body
        raise _TryAgainError("回答不是完整的 JSON", "its answer is not whole JSON") from None


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _once(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(fields)
    if len(found) < len(fields):
        raise ValueError("a field is named twice")
    return found
