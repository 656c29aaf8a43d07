"""What happens to a file at the door: nothing received is lost, doubled or let in that should not be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from ingest.batches import batches
from ingest.home import read_json
from ingest.selection import select

D = date(2026, 11, 24)
NEXT = D + timedelta(days=1)


def in_force(as_of: date) -> list[str]:
    """Names of the raw files that the night of as_of works on."""
    return read_json(select(as_of) / "inputs.json")["entities"]["policy"][1:]


def status(as_of: date) -> dict:
    return read_json(select(as_of) / "inputs.json")["sources"][0]


def test_a_good_file_is_loaded_with_types_and_provenance(desk, line: Callable[..., str]) -> None:
    desk.put("保单清单_20261123.csv", line(1), line(2))
    [batch] = desk.receive(D)
    assert (batch.verdict, batch.records, batch.loaded) == ("accepted", 4, 2)
    assert batch.declared == {"header": 1, "totals": 1}
    row = desk.rows(batch)[0]
    assert row["premium_amount"] == Decimal("1234.50")
    assert row["policy_number"] == "1203052026112400000001"
    assert row["cover_ends_on"] == date(2027, 11, 30)
    assert (row["_row"], row["_received_on"], row["_business_date"]) == (2, D, D - timedelta(days=1))


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"ends_on": "2026-02-30"}, "cover_ends_on:not_a_date"),
        ({"signed_on": "2026-13-01"}, "signed_on:not_a_date"),
        ({"vin": "LSVAA2187C200001"}, "vin:not_a_vin"),
        ({"vin": "LSVAA2187O2000001"}, "vin:not_a_vin"),
        ({"policy_number": ""}, "policy_number:missing"),
        ({"kind": "第三险"}, "policy_kind:unknown_code"),
        ({"phone": "1380013800"}, "insured_phone:not_a_phone"),
        ({"phone": "1.38E+10"}, "insured_phone:destroyed_by_excel"),
        ({"premium": "LSVAA2187C2000001"}, "premium_amount:not_money"),
        ({"premium": "1e3"}, "premium_amount:not_money"),
        ({"signed_on": "13800138000"}, "signed_on:not_a_date"),
        ({"ends_on": "2026-11-30"}, "cover_ends_on:not_after"),
        ({"premium": "12,34", "extra": "x"}, "row:wrong_number_of_fields"),
    ],
)
def test_a_bad_row_is_held_with_its_rule_and_the_rest_goes_on(desk, line, changed: dict, rule: str) -> None:
    desk.put("保单清单_20261123.csv", *(line(n) for n in range(1, 20)), line(99, **changed))
    [batch] = desk.receive(D)
    assert batch.rules == {rule: 1}
    assert desk.held(batch) == {21: rule}
    assert batch.loaded == 19
    assert batch.records == batch.loaded + batch.quarantined + sum(batch.declared.values())


@pytest.mark.parametrize(
    ("text", "value"),
    [("￥1,234.50", "1234.50"), ("(12.30)", "-12.30"), ("１２３４.５", "1234.50"), ("88元", "88.00"), (" 7 ", "7.00")],
)
def test_money_is_understood_as_people_write_it(desk, line, text: str, value: str) -> None:
    desk.put("保单清单_20261123.csv", line(1, premium=f'"{text}"'))
    [batch] = desk.receive(D)
    assert desk.rows(batch)[0]["premium_amount"] == Decimal(value)


def test_an_exact_duplicate_is_declared_and_a_changed_one_supersedes(desk, line) -> None:
    desk.put("保单清单_20261123.csv", line(1), line(1), line(2, premium="1"), line(2, premium="2"))
    [batch] = desk.receive(D)
    assert batch.declared["exact_duplicate"] == 1
    assert desk.held(batch) == {4: "key:superseded_in_file"}
    assert [str(row["premium_amount"]) for row in desk.rows(batch)] == ["1234.50", "2.00"]


def test_a_trailing_blank_and_full_width_digits_change_nothing(desk, line) -> None:
    desk.put("保单清单_20261123.csv", line(1, vin="ｌsvaa2187c2000001 ", phone="+86 138-0013-8000"))
    [batch] = desk.receive(D)
    assert (desk.rows(batch)[0]["vin"], desk.rows(batch)[0]["insured_phone"]) == ("LSVAA2187C2000001", "13800138000")


def test_a_truncated_file_is_refused_and_the_message_says_whom_to_ask(desk, line) -> None:
    desk.put("保单清单_20261123.csv", line(1))
    desk.receive(D)
    desk.put("保单清单_20261124.csv", line(2), line(3)[:20], total=False)
    [batch] = desk.receive(NEXT)
    assert (batch.verdict, batch.rule, batch.raw) == ("refused", "file:truncated", None)
    assert "保单清单_20261124.csv" in batch.message_zh and "王经理" in batch.message_zh
    assert len(in_force(NEXT)) == 1, "the last good batch stays in force"
    assert status(NEXT)["status"] == "refused" and status(NEXT)["degraded_since"] == str(NEXT)


def test_a_correction_replaces_the_whole_file_and_fills_the_gap(desk, line) -> None:
    desk.put("保单清单_20261123.csv", line(1), total=False)
    desk.receive(D)
    assert in_force(D) == []
    desk.put("保单清单_20261123.csv", line(1), line(2))
    desk.put("保单清单_20261124.csv", line(3))
    desk.receive(NEXT)
    assert len(in_force(NEXT)) == 2
    assert status(NEXT)["status"] == "fresh"
    assert in_force(D) == [], "a rebuild sees what that night had"


def test_a_refused_correction_leaves_the_first_version_in_force(desk, line) -> None:
    desk.put("保单清单_20261123.csv", line(1))
    [first] = desk.receive(D)
    desk.put("保单清单_20261123.csv", line(1), line(2), total=False)
    desk.put("保单清单_20261124.csv", line(3))
    desk.receive(NEXT)
    assert first.raw in in_force(NEXT)
    assert status(NEXT)["status"] == "refused"


def test_the_same_bytes_under_another_name_are_nothing_new(desk, line) -> None:
    path = desk.put("保单清单_20261123.csv", line(1))
    desk.receive(D)
    (desk.outbox / "保单清单_20261124.csv").write_bytes(path.read_bytes())
    [batch] = desk.receive(NEXT)
    assert batch.verdict == "nothing_new"
    assert len(in_force(NEXT)) == 1


def test_the_same_bytes_twice_in_one_night_load_once_and_both_names_are_known(desk) -> None:
    for day in (21, 22, 23):
        desk.put(f"保单清单_202611{day}.csv")
    got = desk.receive(D)
    assert sorted((b.name, b.verdict) for b in got) == [
        ("保单清单_20261121.csv", "accepted_with_warning"),
        ("保单清单_20261122.csv", "nothing_new"),
        ("保单清单_20261123.csv", "nothing_new"),
    ]
    assert status(D)["age_days"] == 0
    assert desk.receive(D) == got


def test_a_night_received_twice_receives_once(desk, line) -> None:
    desk.put("保单清单_20261123.csv", line(1))
    desk.receive(D)
    before = {path: path.stat().st_mtime_ns for path in (desk.home / "landing").rglob("*.csv")}
    desk.receive(D)
    assert before == {path: path.stat().st_mtime_ns for path in (desk.home / "landing").rglob("*.csv")}
    assert len(batches()) == 1


def test_a_late_source_is_told_with_its_age_and_since_when(desk, line) -> None:
    desk.put("保单清单_20261123.csv", line(1))
    desk.receive(D)
    desk.receive(NEXT)
    now = status(NEXT)
    assert (now["status"], now["age_days"], now["degraded_since"]) == ("stale", 1, str(NEXT))
    assert status(D)["status"] == "fresh"


def test_a_source_that_is_down_is_a_verdict_and_not_an_error(desk, line, monkeypatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PICC_OUTBOX", '{"conn_type": "file", "extra": {"path": "/nowhere/at/all"}}')
    assert desk.receive(D) == []
    assert status(D)["status"] == "failed"
    assert "picc_outbox" in status(D)["message_en"]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "file:empty"),
        ("姓名,年龄\r\n甲,1\r\n".encode("gb18030"), "file:no_header"),
        (b"\xff\xfe\x00\xd8\x00", "file:unreadable"),
        ("保单号,险种\r\n1,商业险\r\n合计,\r\n".encode("gb18030"), "file:columns_missing"),
    ],
)
def test_an_unreadable_file_is_refused_by_name(desk, data: bytes, rule: str) -> None:
    (desk.outbox / "保单清单_20261123.csv").write_bytes(data)
    [batch] = desk.receive(D)
    assert (batch.verdict, batch.rule) == ("refused", rule)
    assert batch.owner == "王经理"


def test_too_many_bad_rows_refuse_the_batch(desk, line) -> None:
    desk.put("保单清单_20261123.csv", *(line(n, vin="X") for n in range(8)), line(9))
    [batch] = desk.receive(D)
    assert (batch.verdict, batch.rule) == ("refused", "file:too_many_rejects")


def test_a_mended_spec_reads_the_landed_file_again(desk, line) -> None:
    from tests.ingest.conftest import SPEC

    desk.spec(SPEC.replace("vin: 车架号", "vin: 车架"))
    desk.put("保单清单_20261123.csv", line(1))
    [batch] = desk.receive(D)
    assert (batch.verdict, batch.rule) == ("refused", "file:columns_missing")
    desk.spec(SPEC)
    [batch] = desk.receive(D)
    assert (batch.verdict, batch.loaded) == ("accepted", 1)


def test_the_index_can_be_thrown_away(desk, line) -> None:
    from ingest.batches import reindex

    desk.put("保单清单_20261123.csv", line(1))
    desk.receive(D)
    before = batches()
    assert reindex() == 1
    assert batches() == before
    (desk.home / "state" / "index.sqlite").unlink()
    assert batches() == before


def test_a_landed_file_is_read_only_and_what_was_sent(desk, line) -> None:
    sent = desk.put("保单清单_20261123.csv", line(1))
    [batch] = desk.receive(D)
    landed = desk.home / batch.file
    assert landed.read_bytes() == sent.read_bytes()
    assert landed.stat().st_mode & 0o777 == 0o400


def test_a_crash_between_landing_and_reading_loses_nothing(desk, line, monkeypatch) -> None:
    from expectations import reception

    desk.put("保单清单_20261123.csv", line(1))
    with monkeypatch.context() as patched:
        patched.setattr(reception, "process", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.receive(D)
    [batch] = desk.receive(D)
    assert batch.loaded == 1


def test_a_parser_that_breaks_on_a_file_does_not_stop_the_night(desk, line, monkeypatch) -> None:
    from expectations import rows

    def breaks(*_: object) -> None:
        raise ZeroDivisionError("13800138000")

    desk.put("保单清单_20261123.csv", line(1))
    with monkeypatch.context() as patched:
        patched.setattr(rows, "convert", breaks)
        [batch] = desk.receive(D)
    assert batch.verdict == "failed"
    assert "13800138000" not in batch.message_en + batch.message_zh
    [batch] = desk.receive(D)
    assert batch.verdict == "accepted", "a failure of ours is tried again"


def test_one_changed_byte_changes_the_build(desk, line) -> None:
    desk.put("保单清单_20261123.csv", line(1))
    desk.receive(D)
    first = select(D).name
    assert select(D).name == first
    desk.put("保单清单_20261123.csv", line(1, premium="1234.51"))
    desk.receive(D)
    assert select(D).name != first


def test_a_column_that_the_spec_does_not_name_is_told_and_the_file_is_used(desk, line) -> None:
    path = desk.put("保单清单_20261123.csv", line(1))
    lines = (
        path.read_bytes()
        .decode("gb18030")
        .replace("签单保费\r\n", "签单保费,新能源标志\r\n")
        .replace("1234.50", "1234.50,是")
    )
    path.write_bytes(lines.replace("合计,,,,,,,,1", "合计,,,,,,,,1,").encode("gb18030"))
    [batch] = desk.receive(D)
    assert (batch.verdict, batch.rule, batch.loaded) == ("accepted_with_warning", "file:unknown_columns", 1)
    assert "新能源标志" in batch.message_zh


def test_two_empty_files_of_one_night_keep_a_verdict_each(desk) -> None:
    for day in (22, 23):
        (desk.outbox / f"保单清单_202611{day}.csv").write_bytes(b"")
    got = desk.receive(D)
    assert [(batch.verdict, batch.rule) for batch in got] == [("refused", "file:empty"), ("nothing_new", None)]
    assert status(D)["status"] == "refused"
    assert len({batch.sidecar() for batch in got}) == 2


def test_a_day_without_calls_is_an_empty_file_and_no_fault(tmp_path) -> None:
    from ingest.reading import read
    from ingest.spec import sources

    (tmp_path / "cdr-20261123.csv").touch()
    text = read(tmp_path / "cdr-20261123.csv", sources()["phone"].extracts["calls"])
    assert (text.records, text.table.num_rows) == (0, 0)


def daily(desk) -> None:
    from tests.ingest.conftest import SPEC

    desk.spec(SPEC.replace("    read:", "    daily: true\n    read:", 1))


def test_a_day_that_is_missing_in_between_is_a_gap_until_it_is_filled(desk, line) -> None:
    daily(desk)
    for day in (19, 20, 23):
        desk.put(f"保单清单_202611{day}.csv", line(day))
    desk.receive(D)
    assert status(D)["status"] == "gap"
    assert "2026-11-21" in status(D)["message_zh"] and "2026-11-22" in status(D)["message_en"]
    for day in (21, 22, 24):
        desk.put(f"保单清单_202611{day}.csv", line(day))
    desk.receive(NEXT)
    assert status(NEXT)["status"] == "fresh"


def test_a_file_from_the_future_does_not_make_a_source_fresh(desk, line) -> None:
    desk.put("保单清单_20361124.csv", line(1))
    desk.receive(D)
    assert status(D)["status"] == "stale"


def test_one_file_that_cannot_be_fetched_does_not_hold_up_the_others(desk, line, monkeypatch) -> None:
    from ingest.places import RemoteFile

    chunks = RemoteFile.chunks
    for day in (21, 22, 23):
        desk.put(f"保单清单_202611{day}.csv", line(day))

    def refuses(file: RemoteFile) -> Iterator[bytes]:
        if "20261123" not in file.name:
            raise PermissionError(13, "no")
        return chunks(file)

    monkeypatch.setattr(RemoteFile, "chunks", refuses)
    assert [batch.name for batch in desk.receive(D)] == ["保单清单_20261123.csv"]
    assert status(D)["status"] == "failed"
    for day in (21, 22):
        assert f"保单清单_202611{day}.csv" in status(D)["message_en"] and f"202611{day}" in status(D)["message_zh"]


def test_a_snapshot_may_return_to_what_it_was(desk, line) -> None:
    from tests.ingest.conftest import SPEC

    desk.spec(SPEC.replace("    entity: policy", "    entity: policy\n    mode: snapshot"))
    first, second = [line(n) for n in range(3)], [line(n, premium="9") for n in range(3)]
    desk.put("保单清单_20261123.csv", *first)
    desk.receive(D)
    desk.put("保单清单_20261124.csv", *second)
    desk.receive(NEXT)
    desk.put("保单清单_20261125.csv", *first)
    [batch] = desk.receive(NEXT + timedelta(days=1))
    assert batch.verdict == "accepted"
    assert in_force(NEXT + timedelta(days=1)) == [batch.raw]


def test_what_people_filled_in_wrongly_does_not_silence_a_wish(tmp_path, monkeypatch) -> None:
    """A line with an unreadable date and a mistyped phone still says: no more calls."""
    from expectations.rows import judge_rows
    from ingest.spec import sources

    source = sources()["returned_lists"]
    extract = source.extracts["results"]
    header = ["list_id", "row_id", "结果", "下次联系", "新电话", "要求不再来电"]
    rows = [["L1", "r1", "拒绝本次续保", "下周三", "1380013", "是"], ["L1", "r2", "", "", "", "是"]]
    table = pa.table({n: [r[i] for r in rows] for i, n in enumerate(header)} | {"_row": [2, 3]})
    [found], _ = judge_rows([table], extract, source)
    assert set(found.rules) == {""}
    assert found.rows["no_more_calls"].to_pylist() == [True, True]
    assert found.rows["result"].to_pylist() == ["offer_refused", "no_more_calls"]
    assert found.warnings == {"new_phone:not_a_phone": 1, "next_contact_on:not_a_date": 1}


def test_empty_formatted_rows_at_the_end_of_a_sheet_are_no_records(tmp_path) -> None:
    import xlsxwriter

    from ingest.counting import count_records
    from ingest.reading import read
    from ingest.spec import sources

    extract = sources()["pingan"].extracts["quotes"]
    path = tmp_path / "平安续保_20261123.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("报价")
        sheet.write_row(0, 0, ["报价单号", "网点代码", "车架号", "询价时间", "报价时间", "商业险保费", "交强险保费"])
        sheet.write_row(1, 0, ["Q1", "001", "LSVAA2187C2000001", "2026-11-23 09:00:00", "2026-11-23 09:04:00", 100, 5])
        grey = book.add_format({"bg_color": "#eeeeee"})
        for row in range(2, 7):
            sheet.write_blank(row, 0, None, grey)
    assert count_records(path, extract) == read(path, extract).records == 2


def test_a_renamed_column_and_shifted_values_are_told_and_the_file_is_used(desk, line) -> None:
    def day(number: int, **changed: str) -> list[str]:
        return [line(1000 * number + n, **changed) for n in range(60)]

    for number in range(4):
        desk.put(f"保单清单_{D - timedelta(days=1 + 7 * (4 - number)):%Y%m%d}.csv", *day(number))
    desk.receive(D)
    path = desk.put("保单清单_20261123.csv", *day(9, kind="交强险", premium="123450.00"))
    path.write_bytes(path.read_bytes().replace("联系电话".encode("gb18030"), "手机号码2".encode("gb18030"), 1))
    [batch] = desk.receive(D + timedelta(days=1))
    assert batch.verdict == "accepted_with_warning" and batch.loaded == 60
    assert [fault["rule"] for fault in batch.faults] == ["file:columns_renamed", "file:values_shifted"]
    assert batch.renamed == {"insured_phone": "手机号码2"} and "“联系电话” → “手机号码#”" in batch.message_zh
    assert "保费的 1/4 分位为平时的 100 倍" in batch.message_zh and "险种" in batch.message_zh
    assert "values are spread unlike" in batch.message_en


def test_a_required_column_that_is_missing_is_told_with_the_header_it_may_have_now(desk, line) -> None:
    path = desk.put("保单清单_20261123.csv", line(1), line(2))
    path.write_bytes(path.read_bytes().replace("车架号".encode("gb18030"), "资料甲".encode("gb18030"), 1))
    [batch] = desk.receive(D)
    assert [fault["rule"] for fault in batch.faults] == ["file:columns_missing", "file:columns_renamed"]
    assert batch.verdict == "refused" and "“车架号” → “资料甲”" in batch.message_zh and "王经理" in batch.message_zh


def test_a_volume_far_from_the_same_weekdays_is_used_and_told(desk, line) -> None:
    for week in range(4, 0, -1):
        day = D - timedelta(days=1 + 7 * week)
        desk.put(f"保单清单_{day:%Y%m%d}.csv", *(line(1000 * week + n, signed_on=str(day)) for n in range(1, 61)))
    desk.receive(D - timedelta(days=1))
    desk.put("保单清单_20261123.csv", *(line(n) for n in range(1, 4)))
    [batch] = desk.receive(D)
    assert (batch.verdict, batch.rule, batch.loaded) == ("accepted_with_warning", "file:unusual_volume", 3)
    assert "60" in batch.message_zh and "60" in batch.message_en


def test_data_docs_say_which_promises_were_kept_and_show_no_value(desk, line) -> None:
    desk.put("保单清单_20261123.csv", *(line(n) for n in range(1, 30)), line(31, vin="LSVAA2187O2000031"))
    desk.receive(D)
    page = (desk.home / "raw" / "_docs" / str(D) / "picc-policies.html").read_text(encoding="utf-8")
    assert "vin" in page and "Failed" in page and "policy_number" in page
    assert "LSVAA2187O2000031" not in page and "13800138000" not in page
    loads = r"(?:\bsrc=|\burl\(|<link[^>]*href=)[\"']?https?:"
    assert not re.search(loads, page), "the page loads something from outside"
