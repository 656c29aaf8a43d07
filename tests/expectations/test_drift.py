"""What changed since the files before is seen, told with what to do, and never tells a value."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations import drift
from expectations.verdicts import judge_batch, judge_values
from ingest.batches import Batch
from ingest.entities import entities
from ingest.spec import Extract, load
from tests.ingest.conftest import HEADER, SPEC

POLICY = entities()["policy"]
COLUMNS = ["policy_number", "policy_kind", "insured_phone", "premium_amount"]
MONDAY = date(2026, 11, 23)


@pytest.fixture
def extract(tmp_path: Path) -> Extract:
    (tmp_path / "picc.yaml").write_text(SPEC, encoding="utf-8")
    return load(tmp_path / "picc.yaml").extracts["policies"]


def rows(count: int = 100, blank_phones: int = 0, commercial: int = 60, premium: str = "1000.00") -> pa.Table:
    return pa.table({
        "policy_number": [f"PD{n}" for n in range(count)],
        "policy_kind": ["commercial" if n < commercial else "compulsory" for n in range(count)],
        "insured_phone": [None if n < blank_phones else "13800138000" for n in range(count)],
        "premium_amount": pa.array([Decimal(premium) + n for n in range(count)], pa.decimal128(18, 2)),
        "_row": list(range(2, count + 2)),
    })  # fmt: skip


def batch(day: date, table: pa.Table, **changed) -> Batch:
    """A used file of a day, as its sidecar has it."""
    return Batch(**{
        "source": "picc", "extract": "policies", "entity": "policy", "name": f"保单清单_{day:%Y%m%d}.csv", "file": "f",
        "sha256": f"{day:%Y%m%d}", "version": 1, "received_on": day + timedelta(days=1), "business_date": day,
        "verdict": "accepted", "loaded": table.num_rows, "columns": COLUMNS,
        "profile": drift.profile(table, POLICY, COLUMNS),
    } | changed)  # fmt: skip


def weeks(number: int = 4, **given) -> list[Batch]:
    """The same weekday of the weeks before."""
    return [batch(MONDAY - timedelta(weeks=n), rows(**given)) for n in range(number, 0, -1)]


def told(extract: Extract, now: Batch, history: list[Batch]) -> str:
    faults = judge_values(now, extract, history)
    assert all(fault.rule == "file:values_shifted" and not fault.refuses for fault in faults)
    return " ".join(text for fault in faults for text in fault.words)


def test_a_profile_counts_blanks_and_codes_and_has_quartiles_and_no_text(tmp_path: Path) -> None:
    found = drift.profile(rows(blank_phones=7), POLICY, COLUMNS)
    assert found == {
        "rows": 100,
        "nulls": {"policy_number": 0, "policy_kind": 0, "insured_phone": 7, "premium_amount": 0},
        "codes": {"policy_kind": {"commercial": 60, "compulsory": 40}},
        "quartiles": {"premium_amount": ["1024.00", "1049.00", "1074.00"]},
    }
    pq.write_table(rows(blank_phones=7), tmp_path / "rows.parquet")
    assert drift.profile(tmp_path / "rows.parquet", POLICY, COLUMNS) == found


def test_what_somebody_wrote_into_a_column_without_a_list_of_codes_is_no_word_of_the_profile() -> None:
    reasons = pa.table({"loss_reason": ["张三 说太贵"] * 40 + ["价格"] * 20, "_row": range(60)})
    found = drift.profile(reasons, entities()["call_result"], ["loss_reason"])
    assert sorted(found["codes"]["loss_reason"].values()) == [20, 40]
    assert "张三" not in str(found) and "价格" not in str(found)


def test_a_small_file_has_no_profile() -> None:
    assert drift.profile(rows(drift.MIN_ROWS - 1), POLICY, COLUMNS) == {}


def test_a_day_like_the_others_is_not_told(extract: Extract) -> None:
    assert told(extract, batch(MONDAY, rows(blank_phones=15, commercial=50, premium="1500.00")), weeks()) == ""


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"blank_phones": 80}, "联系电话空值 0% → 80%"),
        ({"commercial": 5}, "险种commercial 60% → 5%"),
        ({"premium": "100000.00"}, "保费的 1/4 分位为平时的 97.7 倍"),
    ],
)
def test_a_share_or_a_middle_far_from_the_same_weekday_is_told(extract: Extract, changed: dict, said: str) -> None:
    assert said in told(extract, batch(MONDAY, rows(**changed)), weeks())


def test_no_value_stands_in_a_message(extract: Extract) -> None:
    text = told(extract, batch(MONDAY, rows(blank_phones=80, commercial=5, premium="100000.00")), weeks())
    assert not any(value in text for value in ("100025", "100000", "13800138000", "PD1"))


def test_other_weekdays_and_too_few_weeks_say_nothing(extract: Extract) -> None:
    odd = batch(MONDAY, rows(blank_phones=80))
    tuesdays = [batch(MONDAY - timedelta(days=6 + 7 * n), rows()) for n in range(4)]
    assert told(extract, odd, tuesdays) == ""
    assert told(extract, odd, weeks(drift.MIN_DAYS - 1)) == ""
    assert told(extract, odd, weeks(drift.MIN_DAYS)) != ""


def test_a_snapshot_is_compared_with_the_last_ones_whatever_their_weekday(extract: Extract) -> None:
    snapshot = extract.model_copy(update={"mode": "snapshot"})
    days = [batch(MONDAY - timedelta(days=n), rows()) for n in range(4, 0, -1)]
    odd = batch(MONDAY, rows(blank_phones=80))
    assert told(snapshot, odd, days) != "" and told(extract, odd, days) == ""


def test_daily_files_are_not_compared_with_monthly_ones(extract: Extract) -> None:
    monthly = [batch(one.business_date, rows(), name=f"保单清单_{one.business_date:%Y%m}.csv") for one in weeks()]
    assert told(extract, batch(MONDAY, rows(blank_phones=80)), monthly) == ""


def faults(extract: Extract, now: Batch, history: list[Batch]) -> dict[str, str]:
    return {fault.rule: fault.finding_zh for fault in judge_batch(now, extract, history)}


def test_a_column_that_earlier_files_had_is_told_when_it_is_gone(extract: Extract) -> None:
    now = batch(MONDAY, rows(), columns=["policy_number", "policy_kind", "premium_amount"])
    assert faults(extract, now, weeks()) == {"file:columns_gone": "联系电话"}
    assert faults(extract, now, [now]) == {}, "what the last files did not have is not missed"


def test_a_renamed_column_is_told_with_its_old_and_its_new_header_and_not_twice(extract: Extract) -> None:
    given = {
        "columns": ["policy_number"],
        "unknown_headers": ["客户电话", "备注"],
        "renamed": {"insured_phone": "客户电话"},
    }
    history = [batch(MONDAY - timedelta(days=1), rows(), columns=["policy_number", "insured_phone"])]
    assert faults(extract, batch(MONDAY, rows(), **given), history) == {
        "file:columns_renamed": "“联系电话” → “客户电话”",
        "file:unknown_columns": "备注",
    }


def text_table(headers: list[str], *lines: list[str]) -> pa.Table:
    columns = {name: [line[place] for line in lines] for place, name in enumerate(headers)}
    return pa.table({**columns, "_row": list(range(2, len(lines) + 2))})


@pytest.mark.parametrize(
    ("header", "values", "column"),
    [
        ("被保险人联系电话", ["x"], None),  # alike by name, and the values are none
        ("联系电话号码", ["13800138000", "13900139000"], "insured_phone"),  # by name
        ("客户资料甲", ["13800138000", "13900139000"], "insured_phone"),  # by contents
        ("备注", ["请回电", "已联系"], None),
    ],
)
def test_a_new_name_is_guessed_from_names_or_contents(
    extract: Extract, header: str, values: list[str], column: str | None
) -> None:
    headers = [name for name in HEADER.split(",") if name != "联系电话"]
    table = text_table([*headers, header], *([*("" for _ in headers), value] for value in values))
    found = drift.headers_of(table, extract)
    assert found["unknown_headers"] == [header] and "insured_phone" not in found["columns"]
    assert found["renamed"] == ({column: header} if column else {})


def test_every_fault_of_a_file_is_kept_the_gravest_first(extract: Extract) -> None:
    now = batch(MONDAY, rows(), unknown_headers=["备注"], loaded=10, quarantined=90)
    rules = [fault.rule for fault in judge_batch(now, extract, [])]
    assert rules == ["file:too_many_rejects", "file:unknown_columns"]
