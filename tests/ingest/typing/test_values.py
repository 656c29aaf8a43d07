"""Values as people and machines write them, and what they become."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ingest.conversion import convert
from ingest.identifiers import PLATE
from ingest.reading import cell_text
from ingest.spec import Extract, Source


def converted(entity: str, column: str, text: str | None, **options: Any) -> tuple[Any, str | None, str | None]:
    """(value, rule, note) of one cell of one canonical column."""
    extract = Extract.model_validate(
        {"entity": entity, "files": ["*"], "columns": {column: {"from": ["x"], **options}}}
    )
    required = {name: given.type for name, given in extract.canonical().columns.items() if given.required}
    needed = {name: "2026-01-01" if kind in ("date", "timestamp") else "1" for name, kind in required.items()}
    needed.pop(column, None)
    extract = extract.model_copy(update={"constants": needed})
    source = Source.model_construct(name="s", identity="vin", path=Path("s.yaml"), extracts={"e": extract})
    table = pa.table({"x": pa.array([text], pa.string()), "_row": pa.array([1], pa.int64())})
    found = convert(table, extract, source)
    return found.rows[column][0].as_py(), found.names[found.rule[0]] or None, ";".join(found.notes) or None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("13900139000", "13900139000"), ("+86 139-0013-9000", "13900139000"), ("008613900139000", "13900139000"),
        ("013900139000", "13900139000"), ("8613900139000", "13900139000"), ("１３９００１３９０００", "13900139000"),
        ("13900139000.0", "13900139000"), ("1.3900139000E+10", "13900139000"), ("13900139000/13800138000", "13900139000"),
        ("029-88888888", "02988888888"), ("(029)8888 8888", "02988888888"), ("029-88888888-8001", "02988888888"),
        ("029-88888888转8001", "02988888888"), ("+86 29 8888 8888", "02988888888"), ("139\u00a00013\u00a09000", "13900139000"),
        ("138****8000", None), ("匿名", None), ("Unknown", None), ("'13900139000", "13900139000"), ('="13900139000"', "13900139000"),
    ],
)  # fmt: skip
def test_a_phone_number(text: str, value: str | None) -> None:
    found, rule, _ = converted("customer", "phone", text)
    assert (found, rule) == (value, None)


@pytest.mark.parametrize(("text", "note"), [("138****8000", "hidden_number"), ("13900139000、13800138000", "more_than_one_number"), ("14100139000", "unassigned_range")])  # fmt: skip
def test_a_doubtful_phone_number_is_told(text: str, note: str) -> None:
    assert converted("customer", "phone", text)[2] == f"phone:{note}"


def test_a_phone_number_that_lost_its_digits_is_held() -> None:
    assert converted("customer", "phone", "1.39E+10")[1] == "phone:destroyed_by_excel"


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05", "2026/1/5", "20260105", "2026年1月5日", "2026.01.05", "05.01.2026", "46027", "46027.75",
        "2026-01-05 00:00:00", "2026-01-05T23:59:59", "2026-01-05 24:00:00", "2026-01-04T16:30:00Z",
        "2026-01-05T08:00:00+08:00", "２０２６－０１－０５", "\ufeff2026-01-05\u200b",
    ],
)  # fmt: skip
def test_a_day(text: str) -> None:
    value, rule, _ = converted("vehicle_sale", "sold_on", text)
    assert (value, rule) == (date(2026, 1, 5), None)


@pytest.mark.parametrize(
    "text",
    ["2026-02-29", "0000-00-00", "2026-13-01", "1900-01-00", "13/14/2026", "12", "99999", "昨天", "26-11-24", "24.11.26", "24/11/26",
     "2026112", "202611240", "0001-01-01"],
)  # fmt: skip
def test_no_day(text: str) -> None:
    assert converted("vehicle_sale", "sold_on", text)[:2] == (None, "sold_on:not_a_date")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2027-12-01", date(2027, 11, 30)), ("2027-12-01 00:00:00", date(2027, 11, 30)),
        ("2027-11-30 24:00:00", date(2027, 11, 30)), ("2027-11-30 23:59:59", date(2027, 11, 30)),
    ],
)  # fmt: skip
def test_a_last_day_given_as_the_first_moment_after_it(text: str, value: date) -> None:
    assert converted("policy", "cover_ends_on", text, exclusive=True)[0] == value


@pytest.mark.parametrize(("text", "value"), [("2026-12-01", date(2027, 11, 30)), ("2028-02-29", date(2029, 2, 28)), ("2027-03-01", date(2028, 2, 29))])  # fmt: skip
def test_a_last_day_from_the_first(text: str, value: date) -> None:
    assert converted("policy", "cover_ends_on", text, plus_one_year=True)[0] == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-11-23 09:05:00", datetime(2026, 11, 23, 9, 5)), ("2026/11/23 9:05", datetime(2026, 11, 23, 9, 5)),
        ("2026-11-23T09:05:00.123", datetime(2026, 11, 23, 9, 5)), ("2026-11-23T01:05:00Z", datetime(2026, 11, 23, 9, 5)),
        ("2026-11-23 24:00:00", datetime(2026, 11, 24)), ("46349.5", datetime(2026, 11, 23, 12)),
    ],
)  # fmt: skip
def test_a_moment(text: str, value: datetime) -> None:
    assert converted("repair_order", "opened_at", text)[0] == value


@pytest.mark.parametrize("text", ["26-11-23 09:05:00", "20261123090", "0001-01-01 00:00:00"])
def test_no_moment(text: str) -> None:
    assert converted("repair_order", "opened_at", text)[:2] == (None, "opened_at:not_a_timestamp")


def test_a_year_of_two_digits_is_read_where_the_spec_says_so() -> None:
    assert converted("vehicle_sale", "sold_on", "26-11-24", date=["%y-%m-%d"])[0] == date(2026, 11, 24)


@pytest.mark.parametrize(("text", "value"), [("1,234", 1234), ("12,34", None), ("1,2345", None), ("3.0", 3), ("1e3", None)])  # fmt: skip
def test_a_whole_number(text: str, value: int | None) -> None:
    found, rule, _ = converted("call", "billable_seconds", text)
    assert (found, rule is None) == (value, value is not None)


@pytest.mark.parametrize(("text", "value"), [("8%", "0.080000"), ("0.08", "0.080000"), ("1e-05", "0.000010"), ("1,234.5", "1234.500000"), ("0,08", None), ("1_0", None), ("8%%", None)])  # fmt: skip
def test_a_number(text: str, value: str | None) -> None:
    found, rule, _ = converted("commission_rate", "rate", text)
    assert (str(found) if found is not None else None) == value
    assert (rule is None) == (value is not None)


@pytest.mark.parametrize(
    ("text", "options", "value"),
    [
        ("1,234.50", {}, "1234.50"), ("12,34", {}, None), ("1,23,456", {}, None), ("1.234,56", {}, None), ("0,123", {}, None),
        ("-1,234,567.8", {}, "-1234567.80"), ("(1,234)", {}, "-1234.00"), ("1,234万", {}, "12340000.00"),
        ("1234.5", {"decimal_comma": True}, "1234.50"), ("1,234.56", {"decimal_comma": True}, None), ("￥1,234.5元", {}, "1234.50"), ("RMB 12", {}, "12.00"), ("(12.30)", {}, "-12.30"),
        ("12.30-", {}, "-12.30"), ("−5", {}, "-5.00"), ("1.2万", {}, "12000.00"), ("1.2万元", {}, "12000.00"), ("0.005", {}, "0.01"),
        ("12345", {"money": "fen"}, "123.45"), ("1.2345", {"money": "wan"}, "12345.00"),
        ("1.234,56", {"decimal_comma": True}, "1234.56"), ("1e3", {}, None), ("abc", {}, None), ("1.2.3", {}, None),
    ],
)  # fmt: skip
def test_money(text: str, options: dict[str, Any], value: str | None) -> None:
    found, rule, _ = converted("vehicle_sale", "price_amount", text, **options)
    assert (str(found) if found is not None else None) == value
    assert rule == (None if value else "price_amount:not_money")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1.20305E+21", "destroyed_by_excel"), ("1203052026112400000000", "destroyed_by_excel"),
        ("1203052026112400000001", None), ("123456789012345000", None), ("PDAA2026000000000000", None),
    ],
)  # fmt: skip
def test_a_number_that_is_a_name_keeps_every_digit_or_is_held(text: str, rule: str | None) -> None:
    assert converted("policy", "policy_number", text)[1] == (f"policy_number:{rule}" if rule else None)


def test_a_number_that_is_a_name_loses_the_point_that_excel_gave_it() -> None:
    assert converted("policy", "policy_number", "12345678.0")[0] == "12345678"


@pytest.mark.parametrize(("text", "note"), [("LSVAA2187C2000001", True), ("1M8GDM9AXKP042788", False), ("1M8GDM9A1KP042788", True), ("WVWZZZ1JZXW000001", False)])  # fmt: skip
def test_the_check_digit_of_a_vin_is_told_where_makers_must_have_it(text: str, note: bool) -> None:
    value, rule, told = converted("vehicle_sale", "vin", text)
    assert (value, rule, told) == (text, None, "vin:check_digit" if note else None)


@pytest.mark.parametrize(
    ("text", "note"), [("11010519491231002X", None), ("110105194912310021", "id_number:check_digit")]
)
def test_the_check_digit_of_an_identity_number_is_told(text: str, note: str | None) -> None:
    assert converted("customer", "id_number", text)[2] == note


def test_an_identity_number_that_excel_rounded_is_held() -> None:
    assert converted("customer", "id_number", "110105194912310000")[1] == "id_number:destroyed_by_excel"
    assert converted("customer", "id_number", "11010519491231002x")[:2] == ("11010519491231002X", None)


@pytest.mark.parametrize(
    ("plate", "is_usual"),
    [
        ("陕A12345", True), ("陕AD12345", True), ("陕AF12345", True), ("陕A12345D", True), ("陕AB12345", True),
        ("陕A1234挂", True), ("粤Z1234港", True), ("使123456", True), ("陕AX12345", False), ("陕AD1234", True),
        ("陕AD123456", False), ("陕AI2345", False), ("A12345", False), ("陕112345", False),
    ],
)  # fmt: skip
def test_the_forms_of_plates(plate: str, is_usual: bool) -> None:
    assert bool(re.match(PLATE, plate)) is is_usual


def test_one_column_may_hold_dates_in_four_formats() -> None:
    extract = Extract.model_validate(
        {"entity": "customer_known_policy", "files": ["*"], "columns": {"expires_on": "到期日"}}
    )
    needed = {n: "2026-01-01" for n, c in extract.canonical().columns.items() if c.required and n != "expires_on"}
    extract = extract.model_copy(update={"constants": needed})
    source = Source.model_construct(name="s", identity="vin", path=Path("s.yaml"), extracts={"e": extract})
    cells = ["2026-11-24", "2026/11/24", "20261124", "2026年11月24日", "24.11.2026", "46350"]
    found = convert(pa.table({"到期日": cells, "_row": range(1, 7)}), extract, source)
    assert found.rows["expires_on"].to_pylist() == [date(2026, 11, 24)] * 6


@pytest.mark.parametrize(("text", "value"), [("陕a·12345", "陕A12345"), ("陕A D12345", "陕AD12345"), ("陕Ａ１２３４５", "陕A12345"), ("未上牌", None)])  # fmt: skip
def test_a_plate(text: str, value: str | None) -> None:
    assert converted("vehicle", "plate_number", text)[0] == value


def test_a_joined_column_is_blank_where_all_its_parts_are_and_no_row_is_dropped() -> None:
    extract = Extract.model_validate(
        {"entity": "store", "files": ["*"], "columns": {"store_id": {"from": ["a", "b"], "join": "-"}},
         "constants": {"store_name": "n", "city": "c", "plate_prefixes": "陕A"}}
    )  # fmt: skip
    source = Source.model_construct(name="s", identity="vin", path=Path("s.yaml"), extracts={"e": extract})
    table = pa.table({"a": ["1", "", None, "1"], "b": ["2", "", "3", "2"], "_row": [1, 2, 3, 4]})
    assert convert(table, extract, source).rows["store_id"].to_pylist() == ["1-2", None, "3", "1-2"]


def test_rows_of_equal_cells_have_equal_content_and_others_have_not() -> None:
    extract = Extract.model_validate({"entity": "quote", "files": ["*"], "columns": {}, "constants": {}})
    needed = {n: "2026-01-01" for n, c in extract.canonical().columns.items() if c.required}
    extract = extract.model_copy(update={"constants": needed})
    source = Source.model_construct(name="s", identity="vin", path=Path("s.yaml"), extracts={"e": extract})
    cells = {"a": ["x", "y", "x ", "x", ""], "b": ["y", "x", "y", None, "xy"]}
    table = pa.table({**cells, "_row": [1, 2, 3, 4, 5]})
    content = [tuple(row) for row in convert(table, extract, source).content.tolist()]
    assert content[0] == content[2] and len(set(content)) == 4


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1203052026112400.0, "1.20305202611240E+15"), (1203052026112400, "1.20305202611240E+15"), (1.5e22, "1.50000000000000E+22"),
        (123456789012345.0, "123456789012345"), (0.00001, "0.00001"), (0.1 + 0.2, "0.3"), (-5.0, "-5"),
    ],
)  # fmt: skip
def test_a_number_of_a_sheet_has_no_digit_that_excel_did_not_keep(value: float, text: str) -> None:
    assert cell_text(value) == text
    if abs(value) >= 1e15:
        assert converted("policy", "policy_number", text)[1] == "policy_number:destroyed_by_excel"
