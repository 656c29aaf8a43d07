"""Rejected rows go back to their owner and to nobody else, as they were read, with what is wrong and how to mend it."""

import io
import json
from datetime import date

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exports.audit import audit
from exports.deliver import deliver
from exports.outbox import fill_outbox
from exports.publish import publish
from exports.rejected import LONGEST_CELL, Rejected, read_rejected, rejected_files, rejected_workbook
from exports.wording import load_night
from ingest.archive import exports_of
from ingest.home import read_json, write_json
from ingest.rules import rules

AS_OF = date(2026, 11, 24)
LONG = "1203052026112400000017"
NAME = "保单清单_20261123.csv.更正-policies-1.xlsx"


def dim_rule() -> str:
    """The catalogue as select() gives it to the warehouse."""
    rows = ", ".join(
        "(" + ", ".join("'" + text.replace("'", "''") + "'" for text in row) + ")"
        for row in ((r.id, r.zh, r.en, r.fix_zh, r.fix_en, r.asks) for r in rules().values())
    )
    return f"create table marts.dim_rule as from (values {rows}) as t (rule_id, zh, en, fix_zh, fix_en, asks);"


@pytest.fixture
def published(home, make_build):
    """A night in which one file of one source has four rejected rows."""
    held = home / "quarantine" / "policy" / "picc" / "2026-11-24" / "a.parquet"
    held.parent.mkdir(parents=True)
    table = pa.table({
        "_row": [9, 3, 5, 4],
        "_rule": ["row:wrong_number_of_fields", "vin:not_a_vin", "key:superseded_in_file", "premium_amount:not_money"],
        "_text": ["a,b,c", None, None, None],
        "保单号": pa.array([None, LONG, "PD5", "+PD4"]),
        "车架号/VIN": pa.array([None, "=1+1", "LSVAA2187C2000005", "LSVAA2187C2000004"]),
        "签单保费": pa.array([None, "-12.30", "100.00", "@sum"]),
        "备注": pa.array([None, "=HYPERLINK(\"x\")", None, "http://x"]),
    })  # fmt: skip
    pq.write_table(table, held)
    build = make_build(analytics=dim_rule())
    given = {
        "source": "picc", "title": "人保财险", "extract": "policies", "owner": "王经理", "contact": "029", "rows": 4,
        "file_name": "保单清单_20261123.csv", "path": str(held.relative_to(home)), "key": ["policy_number"],
        "columns": {
            "policy_number": {"zh": "保单号", "en": "policy_number", "headers": ["保单号"]},
            "vin": {"zh": "车架号", "en": "vin", "headers": ["车架号/VIN"]},
            "premium_amount": {"zh": "保费", "en": "premium_amount", "headers": ["签单保费"]},
        },
        "sheet": "更正", "row_header": "原行号", "comes_back": True, "name": NAME,
    }  # fmt: skip
    write_json(build / "inputs.json", read_json(build / "inputs.json") | {"rejects": [given]})
    audit(build)
    return publish(build, rebuild=False)


def workbook(published, language="zh"):
    [given] = rejected_files(published)
    data = rejected_workbook(read_rejected(published, given), load_night(published, AS_OF, language))
    return data, openpyxl.load_workbook(io.BytesIO(data))


def test_every_rejected_row_says_where_what_and_how_to_mend_it(published):
    _, book = workbook(published)
    sheet = book["不合格行"]
    assert [cell.value for cell in sheet[2]] == [
        "行号", "列", "读到的值", "问题", "怎么改", "规则", "找谁", "What is wrong", "What to do",
    ]  # fmt: skip
    rows = {row[0]: row for row in sheet.iter_rows(min_row=3, values_only=True)}
    assert list(rows) == ["3", "4", "5", "9"]
    vin = rules()["not_a_vin"]
    assert rows["3"] == (
        "3",
        "车架号/VIN",
        "=1+1",
        vin.zh,
        vin.fix_zh,
        "vin:not_a_vin",
        "来源负责人",
        vin.en,
        vin.fix_en,
    )
    assert rows["9"][1:3] == (None, "a,b,c") and rows["5"][1:3] == ("保单号", "PD5")
    assert NAME in sheet["A1"].value and "2 行无法逐格改正" in sheet["A1"].value


def test_the_rows_stand_in_the_files_own_columns_ready_to_be_corrected(published):
    _, book = workbook(published)
    sheet = book["更正"]
    assert [cell.value for cell in sheet[1]] == ["原行号", "保单号", "车架号/VIN", "签单保费", "备注"]
    assert [row for row in sheet.iter_rows(min_row=2, values_only=True)] == [
        ("3", LONG, "=1+1", "-12.30", '=HYPERLINK("x")'),
        ("4", "+PD4", "LSVAA2187C2000004", "@sum", "http://x"),
    ]
    faulty = {
        cell.coordinate for row in sheet.iter_rows(min_row=2) for cell in row if cell.fill.fgColor.rgb == "FFFBE3E0"
    }
    assert faulty == {"C2", "D3"}


def test_no_cell_is_a_formula_a_number_or_a_link_and_the_sheets_print_on_a4(published):
    _, book = workbook(published)
    for sheet in book:
        assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} <= {"s"}
        assert not sheet._hyperlinks
        assert sheet.auto_filter.ref and sheet.freeze_panes in ("B3", "B2")
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert all(cell.number_format == "@" for row in book["更正"].iter_rows(min_row=2) for cell in row)


def test_the_same_rows_give_the_same_bytes_and_english_puts_english_first(published):
    first, _ = workbook(published)
    assert workbook(published)[0] == first
    _, book = workbook(published, "en")
    assert [cell.value for cell in book["Rejected rows"][2]][3:5] == ["What is wrong", "What to do"]
    assert "更正" in book.sheetnames, "the sheet that is read again has one name in every language"


def test_only_the_owner_gets_them_and_what_left_is_logged(published, home):
    fill_outbox(AS_OF)
    outbox = home / "outbox" / "2026-11-24"
    assert sorted(folder.name for folder in outbox.iterdir()) == [
        "M1", "S1", "S2", "general_manager", "source_picc",
    ]  # fmt: skip
    assert [path.parent.name for path in outbox.rglob("*更正*")] == ["source_picc"]
    entry = json.loads((outbox / "source_picc" / "manifest.json").read_text())["files"][0]
    assert (entry["name"], entry["rows"], entry["purpose"]) == (NAME, 4, "rejected_rows")
    assert exports_of(AS_OF) == [], "nothing has left yet"
    deliver(AS_OF)
    log = {(row["recipient"], row["purpose"]): row for row in exports_of(AS_OF)}
    assert set(log) == {
        ("M1", "team"), ("S1", "renewal_calls"), ("S2", "renewal_calls"), ("general_manager", "pay_statement"),
        ("S1", "own_page"), ("S2", "own_page"),
        ("source_picc", "rejected_rows"),
    }  # fmt: skip
    row = log["source_picc", "rejected_rows"]
    assert (row["file_name"], row["records"], row["sha256"]) == (NAME, 4, entry["sha256"])
    assert (home / "delivered" / "source_picc" / "2026-11-24" / NAME).exists()
    before = exports_of(AS_OF)
    deliver(AS_OF)
    assert exports_of(AS_OF) == before


def test_a_file_that_is_read_from_a_table_is_mended_in_its_system(published):
    [given] = rejected_files(published)
    given |= {"comes_back": False, "name": "vehicle_20261124.parquet.退回.xlsx"}
    data = rejected_workbook(read_rejected(published, given), load_night(published, AS_OF))
    assert "不需要发回" in openpyxl.load_workbook(io.BytesIO(data))["不合格行"]["A1"].value


def test_a_row_with_a_cell_that_excel_would_cut_off_does_not_come_back_cut_off() -> None:
    row = {"_row": 2, "_rule": "signed_on:not_a_date", "_text": None, "签单日期": "x", "备注": "a" * LONGEST_CELL}
    longer = row | {"_row": 3, "备注": "a" * (LONGEST_CELL + 1)}
    assert Rejected({}, {}, [row, longer]).to_correct() == [row]
