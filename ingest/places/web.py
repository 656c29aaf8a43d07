"""Pages of JSON records from an interface: all of them, or nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from ingest import limits
from ingest.places.interface import Interface, Literal
from ingest.places.marks import highest_mark
from ingest.spec import Extract, Pages

HALF_A_PAIR = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair: JSON can hold it, UTF-8 cannot."""


def fetch_pages(
    connection: str, extract: Extract, since: str | None, until: str, write: Callable[[bytes], Any]
) -> str | None:
    """Write all records of an interface as one JSON document of the shape of one page; return the highest watermark.

    One record per line, fields in the order of their names, numbers as written: the same records are the same bytes.
    `since`: value of the parameter `pages.since`; `until`: watermarks from here on do not count as the highest.
    Raises SourceDownError if anything is missing; then nothing may be kept.
    """
    assert extract.pages is not None
    names = extract.read.records.split(".") if extract.read.records else []
    write(("".join(f"{{{json.dumps(name, ensure_ascii=False)}:" for name in names) + "[").encode())
    mark: str | None = None
    interface, separator = Interface(connection), "\n"
    try:
        for records in _pages(interface, extract.pages, names, since):
            for record in records:
                write(f"{separator}{_dump(record)}".encode())
                separator = ",\n"
            if extract.watermark:
                marks = [_at(record, extract.watermark.split(".")) for record in records]
                mark = highest_mark([mark, *(str(one) for one in marks if one is not None)], until)
    finally:
        interface.close()
    write(("\n]" + "}" * len(names) + "\n").encode())
    return mark


def _pages(interface: Interface, pages: Pages, names: list[str], since: str | None) -> Iterator[list[Any]]:
    """The records of one page after the other, until the interface has no more."""
    url, query = interface.first(pages.path), dict(pages.query)
    if pages.size_parameter:
        query[pages.size_parameter] = str(pages.size)
    if pages.since and since:
        query[pages.since] = since
    position = {"number": pages.first, "offset": 0}.get(pages.by)
    count, before, asked = 0, None, set()
    for number in range(1, limits.PAGES + 1):
        if position is not None:
            query[pages.parameter_name()] = str(position)
        answer, response = interface.get(url, query)
        records = _at(answer, names)
        if not isinstance(records, list):
            raise interface.fault(
                "回答中找不到记录列表", "no list of records in its answer; name it by `records` under `read`"
            )
        if records and records == before:
            raise interface.fault(
                "翻页后得到同一页,请核对翻页参数",
                f"page {number} is the page before it: the parameter that turns pages is not understood",
            )
        yield records
        count, before = count + len(records), records
        total = _at(answer, pages.total.split(".")) if pages.total else None
        following = None
        if position is not None:
            is_last = not records or (total is not None and str(count) == str(total))
            position += 1 if pages.by == "number" else len(records)
        else:
            is_full = number == 1 and len(records) >= pages.size
            following = _following(interface, pages, answer, response, is_full)
            is_last = following is None
        if is_last:
            if pages.total and str(count) != str(total):
                raise interface.fault(
                    "记录数与宣布的不一致,未使用",
                    f"it announced another number of records than the {count} it sent; nothing of it is used",
                )
            return
        if following in asked:
            raise interface.fault("翻页循环", "its pages go in a circle")
        if following is not None:
            asked.add(following)
        if pages.by == "cursor":
            query[pages.parameter_name()] = str(following)
        elif pages.by == "link":
            url, query = _link(interface, response, str(following)), {}
    raise interface.fault("页数过多", f"more than {limits.PAGES} pages")


def _following(interface: Interface, pages: Pages, answer: Any, response: httpx.Response, is_full: bool) -> str | None:
    """Cursor or link of the next page, None after the last one.

    `is_full`: this is the first page and it is full; if it names no next page at all, the spec looks in the wrong place.
    """
    if pages.by == "none":
        return None
    if pages.next is None:
        return response.links.get("next", {}).get("url")
    found = _at(answer, pages.next.split("."), missing=Ellipsis)
    if found is Ellipsis and is_full:
        raise interface.fault(
            "回答中找不到下一页的位置,可能不完整,未使用",
            f"the first page is full and has no {pages.next!r}: see `next` under `pages`; nothing of it is used",
        )
    return str(found) if found not in (None, Ellipsis, "", False) else None


def _link(interface: Interface, response: httpx.Response, link: str) -> httpx.URL:
    try:
        target = response.url.join(link)
    except httpx.InvalidURL:
        raise interface.fault("下一页的地址无效", "the address of the next page cannot be read") from None
    if not interface.same_place(target):
        raise interface.fault("下一页在另一台主机,未跟随", "the next page lies on another host, which is not followed")
    return target


def _at(value: Any, names: list[str], missing: Any = None) -> Any:
    """What lies at a path of field names."""
    for name in names:
        if not isinstance(value, dict) or name not in value:
            return missing
        value = value[name]
    return value


def _dump(value: Any) -> str:
    """A JSON value on one line; numbers keep their spelling."""
    if isinstance(value, Literal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_dump(name)}: {_dump(value[name])}" for name in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_dump, value)) + "]"
    return json.dumps(value, ensure_ascii=isinstance(value, str) and bool(HALF_A_PAIR.search(value)))
