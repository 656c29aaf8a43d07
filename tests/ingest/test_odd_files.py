"""Files that are odd rather than wrong: none stops a source, hides a verdict or brings in a row that should not be."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.batches import batches
from ingest.selection import select
from tests.ingest.conftest import SPEC
from tests.ingest.test_reception import in_force

D = date(2026, 11, 24)


def test_many_names_of_the_same_bytes_keep_a_verdict_each(desk) -> None:
    """Stores without a policy all send the same header; two of these names share the first digits of their hash."""
    names = ["保单清单_20261123_468.csv", "保单清单_20261123_510.csv"]
    for name in names:
        desk.put(name)
    assert [batch.name for batch in desk.receive(D)] == names


def test_a_day_in_the_name_of_a_file_is_not_compared_with_its_cells(desk, line) -> None:
    desk.spec(SPEC.replace("{business_date:%Y%m%d}*", "{business_date:%Y%m%d}_{signed_on}_{premium_amount}"))
    desk.put("保单清单_20261123_20261120_1.csv", line(1))
    [batch] = desk.receive(D)
    assert (batch.verdict, batch.loaded, batch.elsewhere) == ("accepted", 1, {})


def test_a_file_that_is_called_like_a_note_of_ours_is_a_file_like_others(desk, line) -> None:
    desk.spec(SPEC.replace("*.csv", "*"))
    desk.put("保单清单_20261123.csv", line(1))
    desk.put("保单清单_20261123.csv.note.json", line(2))
    assert sorted(batch.loaded for batch in desk.receive(D)) == [1, 1]
    assert len(in_force(D)) == 2 and desk.receive(D) == batches()


@pytest.mark.parametrize("batch_records", [1, 250_000])
def test_the_last_row_of_a_key_counts_even_if_it_repeats_an_earlier_one(desk, line, monkeypatch, batch_records) -> None:
    from expectations import reception
    from ingest.reading import blocks, records

    monkeypatch.setattr(records, "BATCH_RECORDS", batch_records)
    monkeypatch.setattr(reception, "BATCH_RECORDS", batch_records)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", batch_records * 64)
    amounts = ["100", "200", "100", "300", "300", "100", "7"]
    desk.put("保单清单_20261123.csv", *(line(1, premium=amount) for amount in amounts[:-1]), line(2, premium="7"))
    [batch] = desk.receive(D)
    assert {row["_row"]: str(row["premium_amount"]) for row in desk.rows(batch)} == {2: "100.00", 8: "7.00"}
    assert desk.held(batch) == {3: "key:superseded_in_file", 5: "key:superseded_in_file"}
    assert (batch.declared["exact_duplicate"], batch.loaded, batch.quarantined) == (3, 2, 2)


def test_columns_of_a_file_that_are_called_like_ours_hide_no_rule(desk, line) -> None:
    path = desk.put("保单清单_20261123.csv", line(1), line(2, signed_on="x"), line(3) + ",one,two,three,four")
    text = path.read_bytes().decode("gb18030").replace("签单保费\r\n", "签单保费,_rule,_text,_row\r\n")
    path.write_bytes(text.replace("1234.50\r\n", "1234.50,a,b,c\r\n").encode("gb18030"))
    [batch] = desk.receive(D)
    assert desk.held(batch) == {3: "signed_on:not_a_date", 4: "row:wrong_number_of_fields"}
    assert [row["_row"] for row in desk.rows(batch)] == [2]
    held = pq.read_table(batch.held()).to_pylist()
    assert [(row["_text"] is None, row["_rule (10)"]) for row in held] == [(True, "a"), (False, None)]


def test_a_file_that_comes_back_to_what_it_was_in_one_night_counts_as_it_is(desk, line) -> None:
    first, second = (line(1),), (line(1), line(2))
    for minute, lines in enumerate((first, second, first)):
        path = desk.put("保单清单_20261123.csv", *lines)
        os.utime(path, (minute, minute))
        desk.receive(D)
    assert sorted((batch.version, batch.loaded) for batch in batches()) == [(2, 2), (3, 1)]
    [path] = in_force(D)
    assert pq.read_table(desk.home / path).num_rows == 1


def test_one_source_is_received_once_at_a_time(desk, line) -> None:
    from expectations.reception import receive_step
    from ingest.home import NightAlreadyRunningError

    def receive(_: int) -> str:
        try:
            return str(receive_step("picc", str(D))["loaded"])
        except NightAlreadyRunningError:
            return "told"

    desk.put("保单清单_20261123.csv", *(line(n) for n in range(50)))
    with ThreadPoolExecutor(4) as four:
        outcomes = list(four.map(receive, range(4)))
    assert outcomes.count("49") == 1 and set(outcomes) <= {"49", "0", "told"}
    assert [(batch.verdict, batch.loaded) for batch in batches()] == [("accepted", 49)]


def test_no_word_of_a_row_leaves_landing_and_quarantine(desk, line) -> None:
    """Whatever is wrong with a file: sidecars, notes, reports, docs and the index hold counts and rules only."""
    word = "张三丰绝密"
    changes = ({"kind": word}, {"premium": word}, {"vin": word}, {"phone": word}, {"signed_on": word})
    bad = [line(90 + n, **change) for n, change in enumerate(changes)] + [f"{line(99)},{word}"]
    desk.put("保单清单_20261123.csv", *(line(n) for n in range(1, 60)), *bad)
    desk.put("保单清单_20261122.csv", word, total=False)
    desk.put("保单清单_20261121.csv", *bad, *bad[:2])
    (desk.outbox / "保单清单_20261120.csv").write_bytes(f"{word},{word}\r\n".encode("gb18030"))
    assert sorted(batch.verdict for batch in desk.receive(D)) == ["accepted", "refused", "refused", "refused"]
    select(D)
    kept = {path for path in desk.home.rglob("*") if path.is_file()}
    wanted = [word.encode(), word.encode("unicode_escape"), word.encode("gb18030")]
    quoting = {path for path in kept if any(one in path.read_bytes() for one in wanted)}
    assert {path.relative_to(desk.home).parts[0] for path in quoting} <= {"landing", "quarantine"}


def test_a_file_whose_rows_break_our_own_code_is_failed_and_the_others_come_in(desk, line, monkeypatch) -> None:
    from expectations.belonging import Belonging

    added = Belonging.add

    def breaks(belonging: Belonging, good: pa.Table, content: object) -> None:
        if good.num_rows == 2:
            raise ZeroDivisionError("13800138000")
        added(belonging, good, content)

    desk.put("保单清单_20261122.csv", line(1), line(2))
    desk.put("保单清单_20261123.csv", line(3))
    with monkeypatch.context() as patched:
        patched.setattr(Belonging, "add", breaks)
        failed, good = desk.receive(D)
    assert (failed.verdict, failed.rule, failed.raw, good.verdict) == ("failed", "file:failed", None, "accepted")
    assert "13800138000" not in failed.message_zh + failed.message_en
    assert [batch.loaded for batch in desk.receive(D)] == [2, 1], "a failure of ours is tried again"
