"""The lists besides the call list reach the people they are for, and nobody gets an empty one."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from exports.audit import audit
from exports.cells import TINT
from exports.other_lists import KINDS, other_list_workbook, other_lists
from exports.outbox import fill_outbox
from exports.publish import publish
from exports.team import CLAIMED, ESCALATED, EVERYBODY, FOLLOW_UP, SUPPRESSED, UNCOVERED, Team, team_workbook, teams
from exports.wording import load_night

AS_OF = date(2026, 11, 24)
Sheet = Any


@pytest.fixture
def lists(make_build: Callable[..., Path]) -> Callable[..., dict[tuple[str, str], Any]]:
    """(kind, staff id) → the opened workbook."""

    def make(language: str = "zh", **options: Any) -> dict[tuple[str, str], Any]:
        build = make_build(**{"others": 3, **options})
        night = load_night(build, AS_OF, language)
        return {
            (kind.name, person["staff_id"]): opened(other_list_workbook(kind, person, rows, night))
            for kind, person, rows in other_lists(build)
        }

    return make


@pytest.fixture
def team(make_build: Callable[..., Path]) -> Callable[..., Any]:
    def make(language: str = "zh", **options: Any) -> Any:
        build = make_build(**{"others": 1, **options})
        return opened(team_workbook(next(teams(build)), load_night(build, AS_OF, language)))

    return make


def opened(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data))


def header(sheet: Sheet) -> list[str]:
    return [cell.value for cell in sheet[1]]


def values(sheet: Sheet, name: str) -> list[Any]:
    place = header(sheet).index(name)
    return [row[place] for row in sheet.iter_rows(min_row=2, values_only=True)]


def night(build: Path) -> Path:
    audit(build)
    publish(build, rebuild=False)
    fill_outbox(AS_OF)
    return build.parents[1] / "outbox" / str(AS_OF)


def manifest(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def test_everybody_gets_the_lists_of_their_work_with_its_purpose(make_build: Callable[..., Path]) -> None:
    outbox = night(make_build(others=3))
    found = {
        folder.name: [(file["name"], file["rows"], file["purpose"]) for file in manifest(folder)["files"]]
        for folder in outbox.iterdir()
    }
    assert found["A1"] == [("service_lane_001_A1_20261124.xlsx", 3, "service_lane")]
    assert found["A2"] == [("service_lane_001_A2_20261124.xlsx", 1, "service_lane")], "the visit without an advisor"
    assert found["C1"] == [
        ("data_gap_001_C1_20261124.xlsx", 3, "data_gap"),
        ("message_001_C1_20261124.xlsx", 3, "message"),
    ]
    assert found["S1"][1:] == [
        ("win_back_001_S1_20261124.xlsx", 3, "win_back"),
        ("expiry_table_001_S1_20261124.xlsx", 2, "expiry_table"),
        ("my_month_001_S1_20261124.html", 1, "own_page"),
    ], "of the table: the own book, and what is on nobody's"
    assert found["P1"] == [("hotline_follow_up_001_P1_20261124.xlsx", 3, "hotline_follow_up")]
    assert found["M1"] == [
        ("expiry_wall_001_M1_20261124.xlsx", 3, "expiry_wall"),
        ("team_001_M1_20261124.xlsx", 8 + 3 + 3 + 3 + 3, "team"),
    ]
    assert not {"A3", "M2"} & set(found), "nothing of their store is on a list"


def test_an_empty_list_makes_no_file_also_if_it_had_rows_before(make_build: Callable[..., Path]) -> None:
    outbox = night(make_build("b1", others=1))
    assert manifest(outbox / "C1")["files"]
    night(make_build("b2", others=0))
    assert manifest(outbox / "C1")["files"] == [] and manifest(outbox / "S1")["files"]


def test_a_changed_line_makes_a_revision_that_says_so(make_build: Callable[..., Path]) -> None:
    outbox = night(make_build("b1", others=3))
    night(make_build("b2", others=3, restricted="delete from restricted.hotline_follow_up where log_number = 'H1';"))
    entry = manifest(outbox / "P1")
    assert entry["changes"][0] == {
        "file": "hotline_follow_up_001_P1_20261124.xlsx", "revision": 2, "added": 0, "removed": 1, "changed": 0,
    }  # fmt: skip
    book = openpyxl.load_workbook(outbox / "P1" / entry["files"][0]["name"])
    assert any(str(row[0]).startswith("第2版") for row in book["数据时效"].iter_rows(values_only=True))


def test_codes_are_words_and_what_is_missing_is_marked(lists: Callable[..., Any]) -> None:
    books = lists()
    visits = books["service_lane", "A1"]["进店提醒名单"]
    assert values(visits, "预约类型") == ["保养"] * 3 and values(visits, "仅限当面") == ["是", None, None]
    assert values(visits, "预约到店")[0] == datetime(2026, 11, 24, 10, 30)
    assert values(visits, "提醒理由")[0] == "还有7天到期;去年在本店投保"
    gaps = books["data_gap", "C1"]["信息缺口名单"]
    assert values(gaps, "缺什么")[0] == "到期日不明、无有效电话" and values(gaps, "名单类别")[0] == "应续车辆"
    calls = books["hotline_follow_up", "P1"]["事故来电跟进名单"]
    assert values(calls, "未应答") == ["是"] * 3 and values(calls, "未登记") == [None] * 3
    assert values(calls, "不要续保来电") == [None, "是", None]


def test_a_list_is_frozen_filtered_and_its_pages_say_whose_and_until_when(lists: Callable[..., Any]) -> None:
    for (kind, staff), book in lists().items():
        sheet = book.worksheets[0]
        assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref.startswith("A1:"), kind
        assert sheet.page_setup.orientation == "landscape" and int(sheet.page_setup.paperSize) == 9
        assert sheet.print_title_rows == "$1:$1" and sheet.max_column <= 14
        if kind == "expiry_wall":
            assert sheet.oddHeader.left.text == "西安一店" and sheet.oddHeader.right.text is None
        else:
            assert f"({staff})" in sheet.oddHeader.left.text and sheet.oddHeader.right.text == "内部资料"
        assert "2026-11-24" in sheet.oddFooter.left.text
        assert book.sheetnames[1] == "数据时效"


def test_lists_by_which_customers_are_called_or_written_to_say_the_hours(lists: Callable[..., Any]) -> None:
    books = lists()
    for kind, staff in (("win_back", "S1"), ("message", "C1")):
        assert "09" in books[kind, staff].worksheets[0].oddFooter.left.text.replace("9:00", "09:00"), kind
    assert "9:00" not in books["data_gap", "C1"].worksheets[0].oddFooter.left.text


def test_a_message_is_written_out_with_its_consent_and_how_to_opt_out(lists: Callable[..., Any]) -> None:
    sheet = lists()["message", "C1"]["待发短信微信"]
    assert values(sheet, "授权编号") == ["N1", "N2", "N3"]
    assert all(
        text.startswith("吴先生您好") and text.endswith("回复T退订。") for text in values(sheet, "消息内容(照发)")
    )


def test_the_english_lists_have_english_words(lists: Callable[..., Any]) -> None:
    books = lists("en")
    visits = books["service_lane", "A1"]["Due visits"]
    assert values(visits, "What to speak about")[0] == "in 7 days; insured here"
    assert values(books["data_gap", "C1"].worksheets[0], "What is missing")[0] == "expiry unknown, no valid phone"


def test_the_manager_sees_everybodys_list_the_suppressed_the_uncovered_and_the_claimed(
    team: Callable[..., Any],
) -> None:
    result = "insert into marts.dim_label values ('result.no_more_calls', '要求不再来电', 'no more calls')"
    book = team(analytics=result)
    assert book.sheetnames == [
        "全部名单", "升级与审批", "暂不外呼", "未排入当日名单", "成交未见保单", "名单收回与拨打", "数据时效",
    ]  # fmt: skip
    assert header(book["全部名单"])[:2] == ["谁的名单", "工号"] and values(book["全部名单"], "谁的名单") == ["赵伟"] * 8
    assert values(book["暂不外呼"], "暂不外呼的原因") == ["客户要求不再来电"]
    assert values(book["暂不外呼"], "上次结果") == ["要求不再来电"]
    assert values(book["暂不外呼"], "解除日期") == [datetime(2027, 11, 24)]
    assert values(book["未排入当日名单"], "序号") == [49] and values(book["未排入当日名单"], "紧急程度") == ["一般"]
    assert values(book["成交未见保单"], "应出单日") == [datetime(2026, 11, 17)]
    stale = ("update marts.kpi_source_status set status = 'stale', last_good_business_date = date '2026-11-20' "
             "where source = 'picc'")  # fmt: skip
    assert "picc 2026-11-20" in team(build_id="b2", analytics=stale)["全部名单"].oddFooter.center.text
    assert team("en", build_id="b3")["Everybody's list"]["D2"].value == "call"


def test_everybodys_list_has_the_colours_of_the_lists_themselves(team: Callable[..., Any]) -> None:
    sheet = team()["全部名单"]
    colours = {sheet.cell(row, 5).fill.start_color.rgb for row in range(2, sheet.max_row + 1)}
    assert colours == {f"FF{tint.removeprefix('#')}" for tint in TINT.values()}


def test_the_manager_sees_what_waits_for_a_decision_with_room_for_it(team: Callable[..., Any]) -> None:
    sheet = team(others=3)["升级与审批"]
    assert values(sheet, "事项") == ["临近到期仍无报价", "让利超权限或未审批", "步骤到期无人拨打"]
    assert values(sheet, "关联单号") == [None, "C-1", "第二步"]
    assert values(sheet, "经理决定") == values(sheet, "改派给") == values(sheet, "理由") == [None] * 3


def test_the_manager_sees_how_much_of_each_persons_last_five_lists_came_back(team: Callable[..., Any]) -> None:
    sheet = team()["名单收回与拨打"]
    assert values(sheet, "名单日") == [datetime(2026, 11, day) for day in (23, 22, 21, 20, 19)]
    assert values(sheet, "下发行数") == [40] * 5 and values(sheet, "收回率") == [0.75] * 5


def test_no_phone_of_a_suppressed_vehicle_is_in_the_managers_workbook() -> None:
    assert not [field.name for field in (*ESCALATED, *SUPPRESSED, *UNCOVERED, *CLAIMED) if "phone" in field.name]


def test_equal_contents_give_equal_bytes(make_build: Callable[..., Path]) -> None:
    build = make_build(others=3)
    words = load_night(build, AS_OF)
    for kind, person, rows in other_lists(build):
        again = other_list_workbook(kind, dict(person), [dict(row) for row in rows], words)
        assert other_list_workbook(kind, person, rows, words) == again
    team = next(teams(build))
    assert team_workbook(team, words) == team_workbook(Team(**vars(team)), words)


def test_every_header_has_its_words(make_build: Callable[..., Path]) -> None:
    labels = load_night(make_build(), AS_OF).labels
    fields = [field for kind in KINDS for field in kind.fields] + [
        *EVERYBODY, *ESCALATED, *SUPPRESSED, *UNCOVERED, *CLAIMED, *FOLLOW_UP,
    ]  # fmt: skip
    assert [field.label for field in fields if field.label not in labels] == []
    assert all(f"{key}{kind.name}" in labels for kind in KINDS for key in ("list_kind.", "lists.how_to_", "purpose."))


def test_the_expiry_table_shows_the_whole_vehicle_and_leaves_room_to_write(lists: Callable[..., Any]) -> None:
    sheet = lists()["expiry_table", "S1"]["续保到期管理表"]
    shown = sorted(zip(*(values(sheet, name) for name in ("车牌", "电话", "今日不致电", "步骤")), strict=True))
    assert shown == [("陕A88881", "13500000001", None, "第三步"), ("陕A88882", None, "客户要求不再来电", "第三步")]
    for blank in ("日期", "结果", "未成原因"):
        assert values(sheet, blank) == [None, None]


def test_the_copy_on_the_wall_tells_nobody_who_the_customer_is(lists: Callable[..., Any]) -> None:
    book = lists()["expiry_wall", "M1"]
    text = " ".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell)
    assert values(book.worksheets[0], "客户称呼") == ["王**"] * 3 and "陕A***81" in text
    assert not re.search(r"1[3-9]\d{9}|陕A8888|王先生", text)
