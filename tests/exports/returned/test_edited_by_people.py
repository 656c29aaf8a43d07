"""Whatever people do to a list, its rows are matched by list and row id, and what cannot be matched is told."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from exports.call_list import FILLED_IN, OFFERED, SHOWN
from ingest.rules import rule
from ingest.spec import BUILT_IN, load
from tests.exports.conftest import LABELS
from tests.exports.returned.conftest import LIST, NAME, NEXT, RESULTS, Filled

SEEDS = LABELS.parent


def sort_backwards(work: Filled) -> None:
    rows = [[cell.value for cell in row] for row in work.sheet.iter_rows(min_row=2)]
    for number, row in enumerate(reversed(rows), start=2):
        for place, value in enumerate(row, start=1):
            work.sheet.cell(number, place).value = value


def delete_a_row(work: Filled) -> None:
    work.sheet.delete_rows(work.row_of("r6"))


def insert_blank_rows(work: Filled) -> None:
    work.sheet.insert_rows(3, 2)


def repeat_a_row(work: Filled) -> None:
    work.sheet.append([cell.value for cell in work.sheet[work.row_of("r2")]])


def hide_columns_and_rows(work: Filled) -> None:
    for letter in "CDEF":
        work.sheet.column_dimensions[letter].hidden = True
    work.sheet.row_dimensions[work.row_of("r3")].hidden = True


def filter_rows(work: Filled) -> None:
    work.sheet.auto_filter.add_filter_column(0, ["1", "2"])
    for number in range(4, 9):
        work.sheet.row_dimensions[number].hidden = True


def move_the_ids_to_the_front(work: Filled) -> None:
    last = work.sheet.max_column
    for row in work.sheet.iter_rows():
        values = [cell.value for cell in row]
        for cell, value in zip(row, [*values[last - 2 :], *values[: last - 2]], strict=True):
            cell.value = value


def delete_shown_columns(work: Filled) -> None:
    work.sheet.delete_cols(6, 8)


def add_a_column(work: Filled) -> None:
    work.sheet.insert_cols(3)
    work.sheet.cell(1, 3, "我的标记")
    work.sheet.cell(2, 3, "重点")


def add_sheets(work: Filled) -> None:
    note = work.book.create_sheet("我的笔记", 0)
    note.append(["电话", "备注"])
    note.append(["13800138000", "下午打"])


def rename_the_sheet(work: Filled) -> None:
    work.sheet.title = "Sheet1"


def write_titles_above(work: Filled) -> None:
    work.sheet.insert_rows(1, 2)
    work.sheet["A1"] = "西安一店 11月24日"


def write_a_total_below(work: Filled) -> None:
    work.sheet.append(["合计", 4])


HARMLESS = [
    sort_backwards, delete_a_row, insert_blank_rows, repeat_a_row, hide_columns_and_rows, filter_rows,
    move_the_ids_to_the_front, delete_shown_columns, add_a_column, add_sheets, rename_the_sheet, write_titles_above,
    write_a_total_below,
]  # fmt: skip


@pytest.mark.parametrize("edit", HARMLESS, ids=lambda edit: edit.__name__)
def test_an_edit_that_leaves_the_ids_alone_changes_nothing(
    edit: Callable[[Filled], None], filled: Filled, folder: Path, received
) -> None:
    edit(filled)
    (folder / NAME).write_bytes(filled.bytes())
    got = received()
    assert got.results == RESULTS and got.held == []
    assert got.rows["r1"]["quoted_amount"] == Decimal("3200.50") and got.rows["r1"]["note"] == "已付款"
    assert got.rows["r2"]["next_contact_on"] == date(2026, 11, 30) and got.rows["r2"]["new_phone"] == "13900139002"
    assert got.rows["r3"]["loss_reason"] == "too_expensive"
    assert {row["list_id"] for row in got.rows.values()} == {LIST}
    told = {"file:unknown_columns"} if edit is add_a_column else {None}
    assert set(got.rules.values()) == told


NAMES = (
    "call_list_001_S1_20261124 (1).xlsx", "call_list_001_S1_20261124(2).xlsx", "副本call_list_001_S1_20261124.xlsx",
    "call_list_001_S1_20261124 - 副本.xlsx", "Copy of call_list_001_S1_20261124.xlsx", "赵伟24号名单.xlsx",
    "CALL_LIST_001_S1_20261124.XLSX", "call_list_001_S1_20261399.xlsx",
)  # fmt: skip


def test_a_renamed_file_is_read(sent, folder: Path, received) -> None:
    for number, name in enumerate(NAMES, start=1):
        (folder / name).write_bytes(Filled(sent()).fill(f"r{number}", 结果="成交").bytes())
    got = received()
    assert got.results == {f"r{number}": "renewed" for number, _ in enumerate(NAMES, start=1)}
    assert set(got.rules) == set(NAMES)
    assert {row["_business_date"] for row in got.rows.values()} == {date(2026, 11, 24)}


def test_a_row_with_an_answer_but_without_ids_is_held_and_named(filled: Filled, folder: Path, received) -> None:
    filled.sheet.cell(filled.row_of("r1"), filled.place("list_id")).value = None
    filled.sheet.cell(filled.row_of("r2"), filled.place("row_id")).value = None
    typed = [None] * filled.sheet.max_column
    typed[filled.place("结果") - 1] = "成交"
    filled.sheet.append(typed)
    (folder / NAME).write_bytes(filled.bytes())
    got = received()
    assert got.results == {"r3": "lost", "r4": "no_answer"}
    assert got.held == ["list_id:missing", "list_id:missing", "row_id:missing"]


def test_ids_that_were_never_published_are_held_and_named(published, filled: Filled, folder: Path, received) -> None:
    """An edited row id, an edited list id, a row id of another list, and a copied row with made-up ids."""
    for row_id, column, value in (
        ("r1", "row_id", "r77"), ("r2", "list_id", "001-S1-2026-11-23"), ("r3", "row_id", "s1"), ("r4", "row_id", " r4 "),
    ):  # fmt: skip
        filled.sheet.cell(filled.row_of(row_id), filled.place(column)).value = value
    copied = [cell.value for cell in filled.sheet[filled.row_of("r77")]]
    filled.sheet.append([*copied[:-2], "001-S9-2026-11-24", "r1"])
    (folder / NAME).write_bytes(filled.bytes())
    got = received()
    assert got.results == {"r4": "no_answer"}
    assert got.held == ["row_id:never_published"] * 4
    held = pq.read_table(got.batches[0].held()).to_pylist()
    assert sorted(row["row_id"] for row in held) == ["r1", "r2", "r77", "s1"]
    assert "不是本系统发出的" in rule("row_id:never_published").zh


def test_a_published_list_comes_back_whole_and_merged_ones_too(
    published, filled: Filled, folder: Path, received
) -> None:
    other = [cell.value for cell in filled.sheet[filled.row_of("r1")]]
    filled.sheet.append([*other[:-2], "002-S2-2026-11-24", "s1"])
    (folder / NAME).write_bytes(filled.bytes())
    got = received()
    assert got.results == {**RESULTS, "s1": "renewed"} and got.held == []


def test_of_two_answers_for_one_row_in_one_workbook_the_last_counts(filled: Filled, folder: Path, received) -> None:
    again = [cell.value for cell in filled.sheet[filled.row_of("r1")]]
    again[filled.place("结果") - 1] = "战败"
    filled.sheet.append(again)
    (folder / NAME).write_bytes(filled.bytes())
    got = received()
    assert got.results == {**RESULTS, "r1": "lost"} and got.held == ["key:superseded_in_file"]


def test_a_list_whose_id_columns_were_deleted_is_refused_by_name(filled: Filled, folder: Path, received) -> None:
    filled.sheet.delete_cols(filled.place("list_id"), 2)
    (folder / NAME).write_bytes(filled.bytes())
    got = received()
    assert got.rules == {NAME: "file:columns_missing"} and got.rows == {}
    assert "list_id" in got.batches[0].message_zh


def test_lists_of_several_people_in_one_workbook_still_match(filled: Filled, folder: Path, received) -> None:
    """One sheet per person, one of them with its columns moved; and another person's rows pasted under the last."""
    second = filled.book.copy_worksheet(filled.sheet)
    second.title = "钱芳"
    work = Filled(filled.bytes())
    other = work.book["钱芳"]
    for row in other.iter_rows(min_row=2):
        row[-2].value, row[-1].value = "002-S2-2026-11-24", f"s{row[-1].value}"
    other.insert_cols(1)
    other.cell(1, 1, "经理意见")
    for row in list(other.iter_rows(min_row=2, max_row=5)):
        values = [cell.value for cell in row[1:]]
        work.sheet.append([*values[:-2], "003-S3-2026-11-24", f"t{values[-1]}"])
    (folder / "三人合并_20261124.xlsx").write_bytes(work.bytes())
    got = received()
    assert got.results == {f"{who}{row}": result for who in ("", "s", "ts") for row, result in RESULTS.items()}
    assert {row["list_id"] for row in got.rows.values()} == {LIST, "002-S2-2026-11-24", "003-S3-2026-11-24"}
    assert got.held == [] and got.batches[0].declared["header"] == 2


def test_of_two_returns_of_one_list_both_are_kept_and_the_later_day_is_named(
    filled: Filled, folder: Path, received
) -> None:
    (folder / NAME).write_bytes(filled.bytes())
    received()
    filled.fill("r1", 结果="战败")
    (folder / NAME.replace(".xlsx", " (1).xlsx")).write_bytes(filled.bytes())
    got = received(date(2026, 11, 26))
    assert got.results["r1"] == "lost" and got.rows["r1"]["_received_on"] == date(2026, 11, 26)


TYPED_RESULTS = (
        ("成交", "renewed"), (" 成交 ", "renewed"), ("成 交", "renewed"), ("已成交", "renewed"), ("續保成功", "renewed"),
        ("renewed", "renewed"), ("Renewed", "renewed"), ("ＲＥＮＥＷＥＤ", "renewed"), ("預約", "appointment"),
        ("已报价 考虑中", "quoting"), ("已报价,考虑中", "quoting"), ("已報價考慮中", "quoting"), ("待聯繫", "call_back"),
        ("Call back", "call_back"), ("無人接聽", "no_answer"), ("no  answer", "no_answer"), ("空號/錯號", "wrong_number"),
        ("空号／错号", "wrong_number"), ("拒絕本次續保", "offer_refused"), ("要求不再來電", "no_more_calls"), ("戰敗", "lost"),
)  # fmt: skip


def test_a_result_typed_by_hand_is_understood(sent, folder: Path, received) -> None:
    work = Filled(sent(rows=len(TYPED_RESULTS)))
    for number, (typed, _) in enumerate(TYPED_RESULTS, start=1):
        work.fill(f"r{number}", 结果=typed)
    (folder / NAME).write_bytes(work.bytes())
    got = received()
    assert [got.results.get(f"r{number}") for number, _ in enumerate(TYPED_RESULTS, start=1)] == [
        code for _, code in TYPED_RESULTS
    ]


def test_a_result_nobody_knows_is_held(filled: Filled, folder: Path, received) -> None:
    (folder / NAME).write_bytes(filled.fill("r5", 结果="再说吧").bytes())
    got = received()
    assert got.held == ["result:unknown_code"] and got.results == RESULTS


TYPED_DATES = (
    date(2026, 12, 1), datetime(2026, 12, 1), datetime(2026, 12, 1, 9, 30), "2026-12-01", "2026/12/1", "2026.12.1",
    "20261201", 20261201, "2026年12月1日", "２０２６－１２－０１", 46357, "46357", " 2026-12-01 ", "2026-12-01 00:00:00",
)  # fmt: skip


def test_a_date_typed_by_hand_is_understood(sent, folder: Path, received) -> None:
    work = Filled(sent(rows=len(TYPED_DATES) + 1))
    for number, typed in enumerate(TYPED_DATES, start=1):
        work.fill(f"r{number}", 结果="预约", 下次联系=typed)
        if isinstance(typed, int):
            work.sheet.cell(work.row_of(f"r{number}"), work.place("下次联系")).number_format = "General"
    work.fill(f"r{len(TYPED_DATES) + 1}", 结果="预约", 下次联系="下周一")
    (folder / NAME).write_bytes(work.bytes())
    got = received()
    dates = [got.rows[f"r{number}"]["next_contact_on"] for number in range(1, len(TYPED_DATES) + 2)]
    assert dates == [date(2026, 12, 1)] * len(TYPED_DATES) + [None]
    assert got.batches[0].warnings == {"next_contact_on:not_a_date": 1}


TYPED_PHONES = (
    (13900139000, "13900139000", None), (13900139000.0, "13900139000", None), ("1.39E+10", None, "destroyed_by_excel"),
    ("+86 139-0013-9000", "13900139000", None), ("１３９００１３９０００", "13900139000", None),
    ("029-88123456", "02988123456", None), ("1390013900", None, "not_a_phone"), ("微信联系", None, "not_a_phone"),
)  # fmt: skip


def test_a_phone_typed_by_hand_is_understood_or_told(sent, folder: Path, received) -> None:
    work = Filled(sent())
    for number, (typed, _, _) in enumerate(TYPED_PHONES, start=1):
        work.fill(f"r{number}", 结果="待联系", 新电话=typed)
    (folder / NAME).write_bytes(work.bytes())
    got = received()
    phones = [got.rows[f"r{number}"]["new_phone"] for number, _ in enumerate(TYPED_PHONES, start=1)]
    assert phones == [phone for _, phone, _ in TYPED_PHONES]
    told = [f"new_phone:{rule}" for _, _, rule in TYPED_PHONES if rule]
    assert got.batches[0].warnings == {rule: told.count(rule) for rule in told}


def test_the_english_list_comes_back_too(sent, folder: Path, received) -> None:
    work = Filled(sent("en"))
    work.fill("r1", **{"Result": "renewed", "Quoted amount": 3200.5, "No more calls": "yes", "Concession %": 8})
    work.fill("r2", **{"Result": "lost", "Loss reason": "too expensive", "Competitor's quote": 2800})
    work.fill("r3", **{"No more calls": "yes"})
    work.fill("r4", **{"Result": "call back", "Next contact": date(2026, 11, 30), "Expiry learned": "2027/1/5"})
    (folder / NAME).write_bytes(work.bytes())
    got = received()
    assert got.results == {"r1": "renewed", "r2": "lost", "r3": "no_more_calls", "r4": "call_back"}
    assert got.rules == {NAME: None} and got.batches[0].declared == {"header": 1, "unanswered": 4}
    assert got.rows["r1"]["concession_rate"] == Decimal("0.08") and got.rows["r1"]["no_more_calls"] is True
    assert got.rows["r2"]["loss_reason"] == "too_expensive" and got.rows["r4"]["known_expires_on"] == date(2027, 1, 5)


def test_the_spec_knows_every_word_of_our_own_workbook() -> None:
    """Headers, results and reasons in both languages: a word that is changed in a seed must be changed in the spec."""
    extract = load(BUILT_IN / "returned_lists.yaml").extracts["results"]
    label = {row["key"]: row for row in csv.DictReader(LABELS.open(encoding="utf-8"))}
    fill_in, known = set(extract.read.unanswered_if_blank), {h for c in extract.columns.values() for h in c.headers}
    for language in ("zh", "en"):
        assert {label[f"call_list.{column.name}"][language] for column in (*SHOWN, *OFFERED)} <= set(extract.ignored)
        assert {label[f"call_list.{column.name}"][language] for column in FILLED_IN} <= fill_in & known
    for column, seed in (("result", "result_code"), ("loss_reason", "loss_reason")):
        codes = extract.columns[column].codes or {}
        for row in csv.DictReader((SEEDS / "calls" / f"{seed}.csv").open(encoding="utf-8")):
            assert codes[row["zh"]] == row[column], row["zh"]
            assert codes.get(row["en"], row["en"]) == row[column], row["en"]


def test_no_word_of_the_spec_means_two_things() -> None:
    given = yaml.compose((BUILT_IN / "returned_lists.yaml").read_text(encoding="utf-8"))

    def check(node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            assert len(keys) == len(set(keys)), sorted(key for key in keys if keys.count(key) > 1)
            for _, value in node.value:
                check(value)

    check(given)


def test_a_list_nobody_filled_in_is_no_trouble(sent, folder: Path, received) -> None:
    (folder / NAME).write_bytes(sent())
    got = received(NEXT)
    assert got.batches[0].verdict == "accepted" and got.batches[0].declared == {"header": 1, "unanswered": 8}
