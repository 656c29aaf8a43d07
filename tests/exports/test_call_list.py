"""The workbook people hold in their hands."""

import csv
import io
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from exports.call_list import BENEFITS, FILLED_IN, OFFERED, SHOWN, call_list_workbook, call_lists, file_name
from exports.cells import lines_needed
from exports.wording import load_night

LABELS = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds" / "label.csv"
AS_OF = date(2026, 11, 24)
# DOMAIN §6, in its order; what concerns benefits is absent unless the store has switched it on (DOMAIN §5)
SHOWN_ZH = ["序号", "今日动作", "致电理由", "客户称呼", "电话", "车牌", "车型/车龄", "商业到期", "交强到期", "剩余天数", "上次结果/约定", "去年保险公司/保费/险种", "今年报价/涨跌", "出险次数", "上次进店", "话术"]  # fmt: skip
OFFERED_ZH = ["本次可让", "审批权限", "让利上限", "可送礼包", "客户剩余权益"]
FILLED_IN_ZH = ["结果", "战败原因", "下次联系", "已报价金额", "竞品渠道/公司", "竞品报价", "实际让利%", "审批人", "礼包", "客户不满", "新获到期日", "新获保险公司", "新电话", "要求不再来电", "话术问题", "备注"]  # fmt: skip
WITHOUT_BENEFITS = [name for name in FILLED_IN_ZH if name not in ("实际让利%", "审批人", "礼包")]


@pytest.fixture
def people(make_build):
    def load(language="zh", **options):
        build = make_build(**options)
        return [(person, rows, load_night(build, AS_OF, language)) for person, rows in call_lists(build)]

    return load


def opened(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def header(sheet):
    return [cell.value for cell in sheet[1]]


def column(sheet, name):
    return header(sheet).index(name) + 1


def test_the_columns_are_those_of_the_domain_in_its_order(people):
    person, rows, night = people()[0]
    book = opened(call_list_workbook(person, rows, night))
    assert book.sheetnames == ["今日名单", "约定回访", "转交给我的", "数据时效", "choices"]
    assert header(book["今日名单"]) == [*SHOWN_ZH, *WITHOUT_BENEFITS, "list_id", "row_id"]
    assert book["今日名单"].max_row == 9
    allowed = opened(call_list_workbook({**person, "benefits_on_staff_lists": True}, rows, night))
    assert header(allowed["今日名单"]) == [*SHOWN_ZH, *OFFERED_ZH, *FILLED_IN_ZH, "list_id", "row_id"]


def test_what_may_be_offered_stands_in_the_row_and_the_cells_to_fill_in_follow_it(people):
    person, rows, night = people()[0]
    offer = {"offer_rate": Decimal("0.08"), "offer_ceiling_rate": Decimal("0.10"), "offer_authority": "own",
             "offer_package": "回厂礼包一", "offer_voucher_uses_left": 2, "offer_voucher_amount_left": Decimal("100.00"),
             "offer_service_uses_left": 3}  # fmt: skip
    allowed = {**person, "benefits_on_staff_lists": True}
    sheet = opened(call_list_workbook(allowed, [rows[0] | offer, *rows[1:]], night))["今日名单"]
    shown = {name: sheet.cell(2, column(sheet, name)).value for name in OFFERED_ZH}
    assert shown == {"本次可让": 0.08, "审批权限": "自有权限", "让利上限": 0.1, "可送礼包": "回厂礼包一",
                     "客户剩余权益": "代金券2次 100.00元\n服务权益3次"}  # fmt: skip
    assert sheet.cell(2, column(sheet, "客户剩余权益")).protection.locked
    choices = [rule for rule in sheet.data_validations.dataValidation if "A$1" in str(rule.formula1)]
    assert [str(rule.sqref).split(":")[0] for rule in choices] == [sheet.cell(2, column(sheet, "结果")).coordinate]
    assert sheet.cell(3, column(sheet, "本次可让")).value is None


def test_the_file_name_is_the_one_that_comes_back(people):
    assert file_name(people()[0][0], AS_OF) == "call_list_001_S1_20261124.xlsx"


def test_an_empty_list_is_a_file_with_a_header(people):
    person, rows, night = people()[1]
    sheet = opened(call_list_workbook(person, rows, night))["今日名单"]
    assert rows == [] and sheet.max_row == 1 and header(sheet)[-1] == "row_id"


def test_header_is_frozen_and_filtered_and_the_sheet_protected_but_for_the_cells_to_fill_in(people):
    person, rows, night = people()[0]
    sheet = opened(call_list_workbook(person, rows, night))["今日名单"]
    last = sheet.max_column
    assert sheet.freeze_panes == "F2" and sheet.auto_filter.ref == f"A1:{sheet.cell(9, last).coordinate}"
    assert sheet.protection.sheet and not sheet.protection.autoFilter and not sheet.protection.sort
    whole_columns = {
        position: style.protection.locked
        for style in sheet.column_dimensions.values()
        for position in range(style.min, style.max + 1)
    }
    for position, name in enumerate(header(sheet), start=1):
        cell = sheet.cell(2, position)
        locked = cell.protection.locked if cell.has_style else whole_columns[position]
        assert locked is (name not in WITHOUT_BENEFITS), name
    for name in ("list_id", "row_id"):
        cell = sheet.cell(2, column(sheet, name))
        assert cell.protection.locked and cell.data_type == "s"
        letter = sheet.cell(1, column(sheet, "list_id")).column_letter
        assert sheet.column_dimensions[letter].hidden
    assert sheet.cell(2, column(sheet, "list_id")).value == "001-S1-2026-11-24"


def test_a_list_says_in_which_hours_its_store_may_call(people):
    for (person, rows, night), until in zip(people(), (21, 20), strict=True):
        book = opened(call_list_workbook(person, rows, night))
        assert f"9:00–{until}:00 可致电" in book["今日名单"].oddFooter.left.text
        assert book["数据时效"]["A2"].value.endswith(f"可致电时段 9:00–{until}:00")


def test_results_and_reasons_are_chosen_from_a_list_on_a_hidden_sheet(people):
    person, rows, night = people()[0]
    book = opened(call_list_workbook(person, rows, night))
    assert book["choices"].sheet_state == "veryHidden"
    assert [row[0].value for row in book["choices"]["A1:A3"]] == ["成交", "未接通", "战败"]
    sheet = book["今日名单"]
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}

    def rule(name):
        letter = sheet.cell(1, column(sheet, name)).column_letter
        return rules[f"{letter}2:{letter}9"]

    assert rule("结果").formula1 == "choices!$A$1:$A$3" and rule("战败原因").formula1 == "choices!$B$1:$B$2"
    assert rule("要求不再来电").formula1 == '"是"'
    assert rule("下次联系").type == "date" and rule("已报价金额").type == "decimal"


def test_phones_are_text_and_dates_are_dates(people):
    person, rows, night = people()[0]
    sheet = opened(call_list_workbook(person, rows, night))["今日名单"]
    phone = sheet.cell(2, column(sheet, "电话"))
    assert phone.value == "13912345678" and phone.data_type == "s" and phone.number_format == "@"
    expiry = sheet.cell(2, column(sheet, "商业到期"))
    assert expiry.value == datetime(2026, 12, 25) and expiry.number_format == "yyyy-mm-dd"
    assert sheet.cell(2, column(sheet, "剩余天数")).value == 6
    assert sheet.cell(2, column(sheet, "今年报价/涨跌")).value == "3,055.47\n▼ 6.0%"
    assert sheet.cell(3, column(sheet, "今年报价/涨跌")).value == "未报价"
    assert sheet.cell(2, column(sheet, "上次结果/约定")).value == "11-20 已报价考虑中\n约11-24"
    assert sheet.cell(2, column(sheet, "去年保险公司/保费/险种")).value.startswith("中国人保 / 3,250.50\n交强险")


def test_nulls_leave_empty_cells(people):
    person, rows, night = people()[0]
    keep = ("list_id", "row_id", "urgency", "sequence_number")
    rows = [{key: value if key in keep else None for key, value in rows[0].items()}]
    sheet = opened(call_list_workbook(person, rows, night))["今日名单"]
    filled = {header(sheet)[cell.column - 1] for cell in sheet[2] if cell.value is not None}
    assert filled == {"序号", "今年报价/涨跌", "list_id", "row_id"}


def test_print_shows_fourteen_columns_on_a4_landscape_and_says_internal_and_until_when(people):
    person, rows, night = people()[0]
    sheet = opened(call_list_workbook(person, rows, night))["今日名单"]
    assert sheet.print_area == "'今日名单'!$A$1:$N$9" and sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.orientation == "landscape" and int(sheet.page_setup.paperSize) == 9
    assert sheet.page_setup.fitToHeight == 0 and sheet.sheet_properties.pageSetUpPr.fitToPage
    assert "赵伟" in sheet.oddHeader.left.text and sheet.oddHeader.right.text == "内部资料"
    assert "2026-11-24" in sheet.oddFooter.left.text and not sheet.oddFooter.center.text


def test_an_old_source_is_named_on_the_page_and_on_the_second_sheet(people):
    stale = ("update marts.kpi_source_status set status = 'stale', degraded_since = date '2026-11-22', age_days = 4,"
             "last_good_business_date = date '2026-11-20', message_zh = '文件未到' where source = 'picc';")  # fmt: skip
    person, rows, night = people(analytics=stale)[0]
    twice = opened(call_list_workbook(person, rows, replace(night, sources=night.sources * 2)))
    assert twice["今日名单"].oddFooter.center.text.endswith("（picc 2026-11-20）"), "named once, and not cut"
    book = opened(call_list_workbook(person, rows, night))
    values = [[cell.value for cell in row] for row in book["数据时效"].iter_rows(min_row=3, max_row=5)]
    assert values[0][:3] == ["来源", "数据集", "状态"]
    assert [
        "picc",
        "policies",
        "过期",
        datetime(2026, 11, 20),
        4,
        datetime(2026, 11, 22),
        "文件未到",
        "王经理",
    ] in values


def test_equal_contents_give_equal_bytes(people):
    person, rows, night = people()[0]
    assert call_list_workbook(person, rows, night) == call_list_workbook(
        dict(person), [dict(row) for row in rows], night
    )
    assert call_list_workbook(person, rows, night) != call_list_workbook(person, rows[1:], night)


def test_the_english_list_has_english_words(people):
    person, rows, night = people(language="en")[0]
    book = opened(call_list_workbook(person, rows, night))
    sheet = book["Today's list"]
    assert header(sheet)[:5] == ["No.", "Today's action", "Reason to call", "Customer", "Phone"]
    assert sheet["B2"].value == "call\nstep 2" and book["choices"]["A1"].value == "renewed"


def test_every_word_of_a_workbook_is_in_the_label_table():
    keys = {row["key"] for row in csv.DictReader(LABELS.open(encoding="utf-8"))}
    used = {f"call_list.{column.name}" for column in (*SHOWN, *OFFERED, *FILLED_IN)}
    source = "".join(file.read_text() for file in (LABELS.parents[2] / "exports").glob("*.py"))
    used |= {part.split('"')[0] for part in source.split('.say("')[1:]}
    assert sorted(used - keys) == []
    assert {column.name for column in FILLED_IN} >= set(BENEFITS)


def test_a_chinese_character_counts_as_two():
    assert [lines_needed(text, 10) for text in ("", "a" * 10, "a" * 11, "续" * 5, "续" * 6, "a\nb")] == [
        1,
        1,
        2,
        1,
        2,
        2,
    ]
