"""Interfaces over HTTPS: all pages or nothing, whatever the server does in between."""

from __future__ import annotations

import base64
import json
import logging
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.batches import batches
from ingest.home import read_json
from ingest.landing import report_path
from ingest.places import interface
from ingest.places.connections import is_loopback
from tests.ingest.places import servers
from tests.ingest.places.misbehaving import TOKEN, Misbehaving, answers, busy, cut, drip, half

D = date(2026, 11, 24)
SPEC = """
name: picc
title: 人保财险 PICC
connection: picc_outbox
owner: {name: 王经理, contact: 029-00000000}
extracts:
  sales:
    entity: vehicle_sale
    pages: PAGES
    read: {format: json, records: data.list}
    ignored: [changed]
    columns: {sale_number: number, store_id: store, vin: car.vin, sold_on: sold_on, price_amount: price}
"""
NUMBERED = "{path: v1/sales, by: number, size_parameter: size, size: 2, query: {state: all}}"


def sale(number: int, **changed: Any) -> dict[str, Any]:
    return {"number": f"S{number}", "store": "001", "car": {"vin": f"LSVAA2187C2{number:06d}"},
            "sold_on": "2026-11-20", "price": 88000.5} | changed  # fmt: skip


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Misbehaving]:
    server = Misbehaving(tmp_path)
    thread = threading.Thread(target=server.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.server.shutdown()
    server.server.server_close()
    thread.join()


@pytest.fixture
def paused(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses between two tries: noted, not made."""
    made: list[float] = []
    monkeypatch.setattr(interface, "pause", made.append)
    return made


@pytest.fixture
def fetch(desk, web: Misbehaving, connect, paused: list[float]):
    """Receive the interface for a night: the numbers that came in, or why nothing did."""
    connect(web.place())

    def receive(pages: str = NUMBERED, as_of: date = D, spec: str = SPEC) -> list[str] | str:
        desk.spec(spec.replace("PAGES", pages))
        got = [batch for batch in desk.receive(as_of) if batch.received_on == as_of]
        failed = read_json(report_path("picc", as_of))["failed"]
        if failed:
            assert got == [] and list((desk.home / "landing").rglob(f"*/{as_of}/*")) == []
            [reason] = failed["sales"]
            told = reason["zh"] + reason["en"]
            assert not [secret for secret in (TOKEN, "13800138000", str(web.port)) if secret in told]
            return told
        return [row["sale_number"] for batch in got if batch.raw for row in desk.rows(batch)]

    return receive


def test_all_pages_come_in_as_one_file_with_numbers_as_they_were_written(fetch, web, desk) -> None:
    web.sales = [sale(1), sale(2), sale(3, price=1.10, note=1203052026112400000001)]
    assert fetch() == ["S1", "S2", "S3"]
    [batch] = batches()
    text = (desk.home / batch.file).read_text(encoding="utf-8")
    assert json.loads(text)["data"]["list"] == web.sales
    assert text.count("\n") == 5, "one record per line"
    assert "1203052026112400000001" in text
    assert [query["page"] for _, query in web.asked] == ["1", "2", "3"]
    assert {(path, query["state"], query["size"]) for path, query in web.asked} == {("/api/v1/sales", "all", "2")}
    assert {headers["Authorization"] for headers in web.headers} == {f"Bearer {TOKEN}"}


def test_the_same_records_are_the_same_bytes(fetch, web) -> None:
    web.sales = [sale(1), sale(2)]
    fetch()
    web.sales = [dict(reversed(sale(1).items())), sale(2)]
    fetch(as_of=D + timedelta(days=1))
    first, second = batches()
    assert (second.verdict, second.sha256) == ("nothing_new", first.sha256)


def test_an_offset_a_cursor_a_link_and_a_link_header_turn_pages_too(fetch, web) -> None:
    web.sales = [sale(number) for number in range(5)]
    everything = ["S0", "S1", "S2", "S3", "S4"]

    def window(start: int, **more: Any) -> dict[str, Any]:
        return {"data": {"list": web.sales[start : start + 2], **more}}

    web.answer = lambda _, query: (window(int(query["skip"])), {})
    assert fetch("{path: v1/sales, by: offset, parameter: skip}") == everything

    def by_cursor(_: str, query: dict[str, str]) -> tuple[Any, dict[str, str]]:
        start = int(query.get("after", "c0")[1:])
        return window(start, next=f"c{start + 2}" if start < 4 else None), {}

    web.answer = by_cursor
    pages = "{path: v1/sales, by: cursor, parameter: after, next: data.next}"
    assert fetch(pages, D + timedelta(days=1)) == [], "the same records, the same bytes"
    web.sales[0]["price"] = 1
    assert fetch(pages, D + timedelta(days=2)) == everything

    def by_link(path: str, query: dict[str, str]) -> tuple[Any, dict[str, str]]:
        start = int(query.get("from", 0))
        return window(start, next=f"{path}?from={start + 2}" if start < 4 else ""), {}

    web.answer = by_link
    web.sales[0]["price"] = 2
    assert fetch("{path: v1/sales, by: link, next: data.next}", D + timedelta(days=3)) == everything

    def by_header(path: str, query: dict[str, str]) -> tuple[Any, dict[str, str]]:
        start = int(query.get("from", 0))
        link = f'<https://127.0.0.1:{web.port}{path}?from={start + 2}>; rel="next"'
        return window(start), {"Link": link} if start < 4 else {}

    web.answer = by_header
    web.sales[0]["price"] = 3
    assert fetch("{path: v1/sales, by: link}", D + timedelta(days=4)) == everything


def test_an_array_without_pages_and_an_empty_answer_are_understood(fetch, web) -> None:
    spec = SPEC.replace("json, records: data.list", "json").replace("entity:", "may_be_empty: true\n    entity:")
    web.answer = lambda *_: ([sale(1)], {})
    assert fetch("{path: v1/sales}", spec=spec) == ["S1"]
    web.answer = lambda *_: ([], {})
    assert fetch("{path: v1/sales}", D + timedelta(days=1), spec) == []
    assert batches()[-1].verdict == "accepted"


@pytest.mark.parametrize(
    "trouble", [half, cut, answers(500), answers(503), answers(200, b"\xff\xfe{"), answers(200, b'{"a": NaN}')]
)
def test_a_page_that_is_not_whole_is_asked_for_again(fetch, web, paused, trouble) -> None:
    web.sales = [sale(1), sale(2), sale(3)]
    web.troubles = [answers(200, json.dumps({"data": {"list": web.sales[:2]}}).encode()), trouble, trouble]
    assert fetch() == ["S1", "S2", "S3"]
    assert paused == [0.25, 0.5], "pauses grow"


@pytest.mark.parametrize("trouble", [half, cut, answers(502)])
def test_a_page_that_never_becomes_whole_lands_nothing_at_all(fetch, web, paused, trouble) -> None:
    web.sales = [sale(1), sale(2), sale(3)]
    web.troubles = [answers(200, json.dumps({"data": {"list": web.sales[:2]}}).encode()), *[trouble] * 5]
    assert "5 tries" in fetch()
    assert paused == [0.25, 0.5, 1.0, 2.0]
    assert fetch() == ["S1", "S2", "S3"], "the same night may try again"


def test_who_asks_to_come_back_later_is_obeyed_by_the_servers_own_clock(fetch, web, paused) -> None:
    web.sales = [sale(1)]
    moment = {"Date": "Tue, 24 Nov 1970 18:00:00 GMT"}
    web.troubles = [busy("3"), busy("Tue, 24 Nov 1970 18:00:40 GMT", 503, **moment), busy("soon")]
    assert fetch() == ["S1"]
    assert paused == [3.0, 40.0, 1.0]


def test_who_asks_for_too_much_patience_is_told(fetch, web, paused) -> None:
    web.troubles = [busy("86400")]
    assert "86400" in fetch() and paused == []


@pytest.mark.parametrize(
    "location", ["https://127.0.0.2/api", "http://127.0.0.1/api", "//elsewhere.example/x", "https://127.0.0.1:1/"]
)
def test_a_redirect_to_another_place_is_not_followed(fetch, web, location: str) -> None:
    web.troubles = [answers(302, Location=location)]
    assert "另一台主机" in fetch() and len(web.asked) == 1


def test_a_redirect_within_the_place_is_followed_but_not_for_ever(fetch, web) -> None:
    web.sales = [sale(1)]
    web.troubles = [answers(307, Location="/api/v2/sales?page=1&size=2")]
    assert fetch() == ["S1"]
    web.troubles = [answers(307, Location="/api/v2/sales")] * 9
    assert "too many redirects" in fetch(as_of=D + timedelta(days=1))


def test_a_next_page_on_another_host_is_not_followed(fetch, web) -> None:
    web.answer = lambda *_: ({"data": {"list": [sale(1)], "next": "https://elsewhere.example/x"}}, {})
    assert "another host" in fetch("{path: v1/sales, by: link, next: data.next}")


def test_an_incomplete_or_endless_answer_is_refused(fetch, web) -> None:
    web.sales = [sale(1), sale(2), sale(3)]
    web.answer = lambda *_: ({"data": {"list": web.sales[:2], "total": 3}}, {})
    assert "the parameter that turns pages is not understood" in fetch()
    assert "announced another number" in fetch("{path: v1/sales, total: data.total}")
    assert "see `next`" in fetch("{path: v1/sales, by: cursor, next: data.nxt, size: 2}")
    web.answer = lambda *_: ({"data": {"list": [sale(len(web.asked))], "next": "c1"}}, {})
    assert "circle" in fetch("{path: v1/sales, by: cursor, next: data.next}")
    web.answer = lambda *_: ({"data": {"rows": []}}, {})
    assert "no list of records" in fetch()


def test_a_total_ends_the_pages_and_must_be_reached(fetch, web) -> None:
    web.sales = [sale(1), sale(2), sale(3), sale(4)]
    pages = NUMBERED.replace("}}", "}, total: data.total}")
    assert fetch(pages) == ["S1", "S2", "S3", "S4"]
    assert len(web.asked) == 2


def test_a_refused_token_and_other_answers_are_told_at_once(fetch, web, paused) -> None:
    for number, (status, word) in enumerate([(401, "refused"), (403, "refused"), (404, "404"), (418, "418")]):
        web.troubles = [answers(status, TOKEN.encode())]
        assert word in fetch(as_of=D + timedelta(days=number))
    assert paused == []


def test_a_login_and_a_token_in_a_header_of_its_own_are_sent(fetch, web, connect) -> None:
    web.sales = [sale(1)]
    connect(web.place(login="xubao"))
    fetch()
    assert web.headers[0]["Authorization"] == "Basic " + base64.b64encode(f"xubao:{TOKEN}".encode()).decode()
    connect(web.place(extra={"token_header": "X-Api-Key"}))
    fetch(as_of=D + timedelta(days=1))
    assert web.headers[-1]["X-Api-Key"] == TOKEN and "Authorization" not in web.headers[-1]


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(fetch, web, connect, paused, tmp_path) -> None:
    stranger, _ = servers.make_certificate(tmp_path, "stranger")
    connect(web.place(extra={"ca_file": str(stranger)}))
    assert "certificate cannot be verified" in fetch()
    connect(web.place(host="localhost"))
    assert "certificate cannot be verified" in fetch()
    assert paused == [] and web.asked == []


def test_plain_http_is_for_this_machine_only(fetch, web, connect) -> None:
    connect(web.place(conn_type="http", host="insurer.example"))
    assert "not encrypted" in fetch()
    assert is_loopback("127.0.0.1") and is_loopback("::1") and not is_loopback("10.0.0.1")


def test_a_server_that_is_down_is_told_after_a_few_tries(fetch, web, connect, paused) -> None:
    connect(web.place(port=servers.free_port(), extra={"retries": 1}))
    assert "2 tries" in fetch() and len(paused) == 1


def test_a_page_or_an_answer_above_the_limit_is_refused(fetch, web, monkeypatch) -> None:
    from ingest import limits

    web.sales = [sale(1, note="x" * 9000)]
    with monkeypatch.context() as patched:
        patched.setattr(limits, "PAGE_BYTES", 5000)
        assert "larger than" in fetch()
    monkeypatch.setattr(limits, "FILE_BYTES", 5000)
    assert "grows too large" in fetch()


def test_a_page_that_drips_is_given_up(fetch, web, monkeypatch) -> None:
    from ingest import limits

    web.troubles = [drip]
    monkeypatch.setattr(limits, "PAGE_SECONDS", 0.2)
    assert "took longer" in fetch()


def test_only_what_changed_is_asked_for(fetch, web) -> None:
    spec = SPEC.replace("    pages:", "    watermark: changed\n    pages:")
    pages = "{path: v1/sales, since: changed_from}"
    web.answer = lambda *_: (
        {"data": {"list": [sale(1, changed="2026-11-23 10:00"), sale(2, changed="2099-01-01")]}},
        {},
    )
    assert fetch(pages, spec=spec) == ["S1", "S2"]
    assert batches()[0].watermark == "2026-11-23 10:00"
    web.answer = lambda *_: ({"data": {"list": [sale(3, changed="2026-11-24 10:00")]}}, {})
    assert fetch(pages, D + timedelta(days=1), spec) == ["S3"]
    assert [query.get("changed_from") for _, query in web.asked] == [None, "2026-11-22"]


def test_neither_token_nor_address_is_logged(fetch, web, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    web.sales = [sale(1)]
    web.troubles = [cut, answers(503)]
    fetch()
    assert TOKEN not in caplog.text and f":{web.port}" not in caplog.text and "13800138000" not in caplog.text


@pytest.mark.parametrize(
    "pages",
    [
        "{path: 'https://elsewhere.example'}",
        "{path: //x}",
        "{path: ../x}",
        "{path: 'x?a=1'}",
        "{by: cursor}",
        "{path: x, since: y}",
    ],
)
def test_a_spec_that_leads_elsewhere_or_lacks_something_is_refused(desk, pages: str) -> None:
    from ingest.spec import SourceSpecError, sources

    desk.spec(SPEC.replace("PAGES", pages))
    with pytest.raises(SourceSpecError, match=r"pages|path|watermark"):
        sources()
