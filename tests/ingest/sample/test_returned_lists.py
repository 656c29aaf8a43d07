"""Staff hand their lists back filled in, as the simulated world knows it; one of them never does."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from ingest import sample
from ingest.sample import returned

HEADER = ["序号", "电话", "车牌", "结果", "战败原因", "下次联系", "已报价金额", "竞品渠道/公司", "竞品报价", "实际让利%", "要求不再来电", "备注",
          "list_id", "row_id"]  # fmt: skip
SENT = date(2026, 11, 24)


def send_list(home: Path, staff_id: str, plates: list[tuple[str, str]]) -> Path:
    """A call list as the night sends it out: one line per (plate, phone)."""
    path = home / "outbox" / SENT.isoformat() / staff_id / f"call_list_002_{staff_id}_{SENT:%Y%m%d}.xlsx"
    path.parent.mkdir(parents=True)
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("今日名单")
    sheet.write_row(0, 0, HEADER)
    for n, (plate, phone) in enumerate(plates, start=1):
        sheet.write_row(n, 0, [n, phone, plate, *[""] * 9, f"L{staff_id}", f"R{n:04d}"])
    book.close()
    return path


@pytest.fixture(scope="module")
def home(grown, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the sample's world and two lists sent out: to someone who answers and to the one who never does."""
    home = tmp_path_factory.mktemp("returned")
    (home / "sample").mkdir()
    (home / "sample" / "world").symlink_to(grown.home / "sample" / "world")
    (home / "sample" / "sample.json").write_text((grown.home / "sample" / "sample.json").read_text())
    connection = sqlite3.connect(grown.outbox / "dms" / "dms.sqlite")
    query = "select plate_number, phone from vehicle join customer using (customer_id) where plate_number is not null"
    plates = [(plate, phone or "") for plate, phone in connection.execute(query + " order by 1 limit 150")]
    connection.close()
    for staff_id in ("E1016", returned.silent_person(home / "sample", 20781)):
        send_list(home, staff_id, plates)
    return home


def test_lines_come_back_with_a_known_result_or_unanswered_and_the_same_bytes_each_time(home):
    written = returned.return_lists(home, SENT + timedelta(days=1))
    assert [path.name for path in written] == ["call_list_002_E1016_20261124.xlsx"]
    first = written[0].read_bytes()
    written[0].unlink()
    assert returned.return_lists(home, SENT + timedelta(days=1))[0].read_bytes() == first
    sheet = openpyxl.load_workbook(written[0]).worksheets[0]
    rows = [dict(zip(HEADER, row, strict=True)) for row in sheet.iter_rows(min_row=2, values_only=True)]
    allowed = {"成交", None, *returned.RESULTS}
    assert len(rows) == 150 and {row["结果"] for row in rows} <= allowed
    assert len({row["结果"] for row in rows}) >= 4
    assert 0 < sum(row["结果"] is None for row in rows) < 30
    assert all(row["战败原因"] in returned.LOSS_REASONS for row in rows if row["结果"] == "战败")


def test_a_deal_is_claimed_exactly_where_a_policy_was_signed_lately(home):
    signed = returned.signings(home / "sample", returned.days.day(SENT) + 1)
    path = home / "sample" / "outbox" / "returned" / "call_list_002_E1016_20261124.xlsx"
    sheet = openpyxl.load_workbook(path).worksheets[0]
    for row in sheet.iter_rows(min_row=2, values_only=True):
        line = dict(zip(HEADER, row, strict=True))
        lately = signed.get(line["车牌"], -1) >= returned.days.day(SENT) - returned.SIGNED_LATELY_DAYS
        assert (line["结果"] == "成交") == lately


def test_a_list_returned_once_is_never_written_again(home):
    assert returned.return_lists(home, SENT + timedelta(days=1)) == []
    assert returned.return_lists(home, SENT) == []


def test_nothing_is_returned_before_anything_was_sent(tmp_path):
    assert sample.return_lists(tmp_path, SENT) == []
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "sample.json").write_text(json.dumps({"seed": 1}))
    assert sample.return_lists(tmp_path, SENT) == []
