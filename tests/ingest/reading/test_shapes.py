"""Files that are hard to read right: each was once read wrong, or would be by a simpler reader."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from ingest import limits
from ingest.reading import TextTable, UnreadableFileError, blocks, documents
from ingest.reading.text import SAMPLE_BYTES

HEADER = "报价单号,车架号,备注,金额"
Law = Callable[..., TextTable]


def rows(found: TextTable) -> list[list[str]]:
    return [[value for name, value in row.items() if name != "_row"] for row in found.table.to_pylist()]


def text(*lines: str, encoding: str = "utf-8") -> bytes:
    return "".join(f"{line}\r\n" for line in (HEADER, *lines)).encode(encoding)


def book(*sheets: tuple[str, list[list[object]]], hidden: tuple[str, ...] = ()) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, lines in sheets:
        page = made.create_sheet(name)
        for line in lines:
            page.append(line)
        if name in hidden:
            page.sheet_state = "hidden"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def edited(data: bytes, *changes: tuple[str, Callable[[bytes], bytes]], renamed: dict[str, str] | None = None) -> bytes:
    """A workbook with members changed and renamed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = old.read(name)
            for wanted, change in changes:
                body = change(body) if name == wanted else body
            new.writestr((renamed or {}).get(name, name), body)
    return out.getvalue()


LINES: list[list[object]] = [HEADER.split(","), ["Q1", "V1", "a", 1], ["Q2", "V2", "b", 2]]


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", "续保专员"), ("utf-8-sig", "续保专员"), ("gb18030", "续保专员"), ("utf-16", "续保专员"), ("utf-16-le", "续保专员"),
        ("utf-16-be", "续保专员"), ("utf-8", "ascii only"),
    ],
)  # fmt: skip
def test_the_encoding_is_what_makes_sense(law: Law, encoding: str, note: str) -> None:
    assert rows(law(text(f"Q1,V1,{note},1", encoding=encoding)))[0][2] == note


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("big5", "聯絡客戶,保險到期"),
        ("latin-1", "Société générale à Besançon"),
        ("gb18030", "联系客户,保险到期"),
        ("utf-8", "联系客户"),
    ],
)
def test_the_encoding_of_a_file_without_header_is_judged_by_its_text(law: Law, encoding: str, note: str) -> None:
    line = f"Q1|V1|{note}|1\r\n".encode(encoding)
    assert rows(law(line * 3, names=["报价单号", "车架号", "备注", "金额"]))[0][2] == note


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "big5", "latin-1"])
def test_the_first_word_beyond_ascii_may_come_late(law: Law, encoding: str) -> None:
    note = {"latin-1": "Société"}.get(encoding, "聯絡客戶" if encoding == "big5" else "联系客户")
    lines = [f"Q{n},V,{'a' * 90},1" for n in range(60_000)] + [f"Q,V,{note},1"] * 3
    data = "".join(f"{line}\n" for line in ["quote,vin,store,amount", *lines]).encode(encoding)
    found = law(data, names=["报价单号", "车架号", "备注", "金额"])
    assert len(data) > 10 * SAMPLE_BYTES and not found.held
    assert found.table["备注"][-1].as_py() == note


def test_a_bar_inside_a_character_parts_no_fields(law: Law) -> None:
    note = b"\xb0\x7c".decode("gb18030") + '"x'
    data = text(f"Q1,V1,{note},1", "Q2,V2,续保,2").decode().replace(",", "|").encode("gb18030")
    assert [row[2] for row in rows(law(data))] == [note, "续保"]


@pytest.mark.parametrize("count", [3, 10, 60, 300])
def test_a_file_cut_in_the_middle_of_a_character_holds_one_row(law: Law, count: int) -> None:
    found = law(text(*(f"Q{n},V,备注{n},1" for n in range(count)), "Q,V,备注,续")[:-4])
    assert found.table.num_rows == count
    assert [rule for _, rule, _ in found.held] == ["row:undecodable"]


def test_a_few_damaged_bytes_hold_their_row_only(law: Law) -> None:
    data = text(*(f"Q{n},V,备注{n},1" for n in range(50))).replace("备注7,".encode(), b"\xe5\xa4,")
    found = law(data)
    assert (found.table.num_rows, [rule for _, rule, _ in found.held]) == (49, ["row:undecodable"])


def test_joined_exports_have_byte_order_marks_in_the_middle(law: Law) -> None:
    found = law(b"\xef\xbb\xbf" + text("Q1,V1,a,1") + b"\xef\xbb\xbf" + text('"Q2",V2,b,2'))
    assert (rows(found), found.declared["header"]) == ([["Q1", "V1", "a", "1"], ["Q2", "V2", "b", "2"]], 2)


def test_a_quote_that_is_never_closed_refuses_the_file(law: Law) -> None:
    with pytest.raises(UnreadableFileError) as fault:
        law(text("Q1,V1,a,1", 'Q2,V2,"b,2', "Q3,V3,c,3"))
    assert fault.value.rule == "file:unclosed_quote"


def test_a_stray_quote_that_swallows_lines_is_held(law: Law) -> None:
    found = law(text("Q1,V1,a,1", 'Q2,V2,"b,2', "Q3,V3,c,3", 'Q4,V4,d",4', "Q5,V5,e,5"))
    assert [row[0] for row in rows(found)] == ["Q1", "Q5"]
    assert [rule for _, rule, _ in found.held] == ["row:unclosed_quote"]


def test_the_last_line_of_a_log_that_was_cut_off_is_held(law: Law) -> None:
    names = ["报价单号", "车架号", "备注", "金额"]
    whole = b"Q1,V1,a,1\nQ2,V2,b\nQ3,V3,c,3\n"  # a log may write fewer fields
    assert law(whole, names=names).table.num_rows == 3
    found = law(whole + b"Q4,V", names=names)
    assert (found.table.num_rows, found.held[0][:2]) == (3, (4, "row:wrong_number_of_fields"))


def test_excels_own_line_about_the_delimiter_is_a_title(law: Law) -> None:
    found = law(b"sep=;\r\n" + text("Q1,V1,a,1").replace(b",", b";"))
    assert (rows(found), found.delimiter, found.declared["title"]) == ([["Q1", "V1", "a", "1"]], ";", 1)


def test_a_column_under_a_group_is_known_by_group_and_name(law: Law) -> None:
    found = law("客户,,保单,\n报价单号,备注,车架号,备注\nQ1,a,V1,b\n".encode())
    assert found.table.column_names == ["报价单号", "备注", "车架号", "备注 (4)", "_row"]
    assert found.declared == {"header": 1, "title": 1}


def test_a_header_of_three_rows_is_one_header(law: Law) -> None:
    found = law("报价,,金额,\n报价单,车辆,报价,\n报价单号,车架号,备注,金额\nQ1,V1,a,1\n".encode())
    assert (rows(found), found.declared) == ([["Q1", "V1", "a", "1"]], {"header": 1, "title": 2})
    spread = law("报价单号,车辆,,\n,车架号,说明,\n,,备注,金额\nQ1,V1,a,1\n".encode())
    assert spread.table.column_names == ["报价单号", "车架号", "备注", "金额", "_row"]
    assert (rows(spread), spread.declared) == ([["Q1", "V1", "a", "1"]], {"header": 3})


def test_a_missing_header_is_told_without_a_word_of_the_file(law: Law) -> None:
    with pytest.raises(UnreadableFileError) as fault:
        law("张三,李四,王五\n赵六,钱七,孙八\n".encode())
    assert fault.value.rule == "file:no_header"
    assert not any(name in fault.value.zh + fault.value.en for name in ("张三", "李四", "赵六"))


@pytest.mark.parametrize("size", [7, 1 << 20])
def test_rows_above_the_header_are_rows_and_titles_are_titles(
    law: Law, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """A store sorts its list together with the header; exports are joined, the first without one."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
    lines = [
        "报价清单,2026-11,,",
        "Q1,V1,a,1",
        "Q2,V2,,2",
        "2025年,2025年,2026年,2026年",
        HEADER,
        "Q3,V3,b,3",
        "Q4,V4,c,4,5",
    ]
    found = law("\n".join(lines).encode())
    assert dict(zip(found.table["_row"].to_pylist(), rows(found), strict=True)) == {
        2: ["Q1", "V1", "a", "1"], 3: ["Q2", "V2", "", "2"], 6: ["Q3", "V3", "b", "3"],
    }  # fmt: skip
    assert ({name: n for name, n in found.declared.items() if n}, found.held[0][0]) == ({"header": 1, "title": 2}, 7)


# ---------------------------------------------------------------- workbooks and pages


def test_the_sheet_with_the_headers_is_read_and_hidden_ones_are_not(law: Law) -> None:
    data = book(("说明", [["填表说明"]]), ("数据", LINES), ("旧", LINES), hidden=("旧",))
    found = law(data, "xlsx", format="xlsx")
    assert (found.sheet, rows(found)) == ("数据", [["Q1", "V1", "a", "1"], ["Q2", "V2", "b", "2"]])


def test_two_sheets_with_the_headers_are_refused_unless_one_is_named(law: Law) -> None:
    data = book(("一月", LINES), ("二月", LINES[:2]))
    with pytest.raises(UnreadableFileError) as fault:
        law(data, "xlsx", format="xlsx")
    assert fault.value.rule == "file:ambiguous_sheet" and "一月、二月" in fault.value.zh
    assert law(data, "xlsx", format="xlsx", sheet="二月").table.num_rows == 1


def test_an_error_cell_is_found_in_its_own_sheet_whatever_the_members_are_called(law: Law) -> None:
    data = book(("数据", [LINES[0], ["Q1", "V1", "a", 500]]), ("别的", [["x"], ["y", "y", "y", "#N/A"]]))
    files = ("xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml")
    swapped = edited(
        data, ("xl/_rels/workbook.xml.rels", lambda b: b.replace(b"sheet1.xml", b"sheet?.xml").replace(b"sheet2.xml", b"sheet1.xml").replace(b"sheet?.xml", b"sheet2.xml")),
        renamed={files[0]: files[1], files[1]: files[0]},
    )  # fmt: skip
    assert rows(law(swapped, "xlsx", format="xlsx")) == [["Q1", "V1", "a", "500"]]
    broken = book(("数据", [LINES[0], ["Q1", "V1", "a", "#N/A"]]))
    assert rows(law(broken, "xlsx", format="xlsx")) == [["Q1", "V1", "a", "#N/A"]]


@pytest.mark.parametrize("shared", [True, False])
def test_a_last_row_of_empty_strings_is_no_record(law: Law, shared: bool) -> None:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"constant_memory": not shared})
    page = made.add_worksheet("数据")
    for y, line in enumerate(LINES):
        page.write_row(y, 0, line)
    page.write_string(3, 0, "" if shared else " ")
    made.close()
    data = out.getvalue()
    if shared:  # the way Excel keeps ="" that was pasted as a value
        data = edited(
            data,
            ("xl/worksheets/sheet1.xml", lambda b: b.replace(b"</sheetData>", b'<row r="4"><c r="A4" t="s"><v>99</v></c></row></sheetData>')),
            ("xl/sharedStrings.xml", lambda b: b.replace(b"</sst>", b"<si><t></t></si>" * 93 + b"</sst>")),
        )  # fmt: skip
    assert law(data, "xlsx", format="xlsx").table.num_rows == 2


def test_rows_without_numbers_are_counted(law: Law) -> None:
    bare = edited(
        book(("数据", LINES)), ("xl/worksheets/sheet1.xml", lambda b: re.sub(rb'(<(?:row|c)) r="[A-Z]*\d+"', rb"\1", b))
    )
    assert law(bare, "xlsx", format="xlsx").table.num_rows == 2


CELL = re.compile(rb'<c r="([A-Z]+\d+)"([^>/]*)(/?)>')


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: CELL.sub(rb'<c\2 r="\1"\3>', xml),  # the reference behind the type
        lambda xml: CELL.sub(rb"<c r='\1'\2\3>", xml),
        lambda xml: CELL.sub(rb"<c\2\3>", xml),  # no reference at all
        lambda xml: re.sub(rb"<(/?)(c|v|row|is|t)(?=[ >/])", rb"<\1x:\2", xml).replace(
            b"<sheetData>", b'<sheetData xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        ),
    ],
)
def test_an_error_cell_is_told_however_its_tag_is_written(law: Law, change: Callable[[bytes], bytes]) -> None:
    data = book(("数据", [LINES[0], ["Q1", "V1", "#REF!", "#N/A"], ["Q2", "V2", "b", 2]]))
    written = edited(data, ("xl/worksheets/sheet1.xml", change))
    assert rows(law(written, "xlsx", format="xlsx")) == [["Q1", "V1", "#REF!", "#N/A"], ["Q2", "V2", "b", "2"]]


def test_an_empty_error_cell_does_not_take_its_neighbour_s_value(law: Law) -> None:
    data = book(("数据", [LINES[0], ["Q1", "V1", "#N/A", 5]]))
    bare = edited(
        data, ("xl/worksheets/sheet1.xml", lambda xml: re.sub(rb'<c r="C2"[^>]*>.*?</c>', b'<c r="C2" t="e"/>', xml))
    )
    assert rows(law(bare, "xlsx", format="xlsx")) == [["Q1", "V1", "", "5"]]


@pytest.mark.parametrize(
    "far",
    [
        b'<row r="9999999"><c s="0" r="Z9999999"><v>1</v></c></row>', b"<row r='9999999'><c r='Z9999999'><v>1</v></c></row>",
        b'<row r="9999999">' + b"<c><v>1</v></c>" * 26 + b"</row>",
    ],
)  # fmt: skip
def test_a_stray_far_cell_is_seen_however_its_tag_is_written(law: Law, far: bytes) -> None:
    data = book(("数据", LINES))
    stray = edited(data, ("xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</sheetData>", far + b"</sheetData>")))
    with pytest.raises(UnreadableFileError) as fault:
        law(stray, "xlsx", format="xlsx")
    assert fault.value.rule == "file:too_many_rows"


@pytest.mark.parametrize(("cell", "rule"), [("XFD1", "file:too_many_columns"), ("Z9999999", "file:too_many_rows")])
def test_a_stray_far_cell_is_refused_before_it_fills_the_memory(law: Law, cell: str, rule: str) -> None:
    row = "".join(filter(str.isdigit, cell))
    far = f'<row r="{row}"><c r="{cell}"><v>1</v></c></row></sheetData>'.encode()
    data = edited(book(("数据", LINES)), ("xl/worksheets/sheet1.xml", lambda b: b.replace(b"</sheetData>", far)))
    with pytest.raises(UnreadableFileError) as fault:
        law(data, "xlsx", format="xlsx")
    assert fault.value.rule == rule


def test_a_page_called_xls_is_read_and_merged_cells_keep_their_columns(law: Law) -> None:
    page = (
        "<html><table><tr><td colspan=4>报价清单</td></tr>"
        "<tr><th>报价单号</th><th>车架号</th><th>备注</th><th>金额</th></tr>"
        "<tr><td>Q1</td><td rowspan=2>V1</td><td>a&amp;b</td><td>1</td></tr>"
        "<tr><td>Q2</td><td>c</td><td>2</td></tr><tr><td>Q3</td><td>V3</td><td>d</td><td>3</td></tr></table></html>"
    )
    found = law(page.encode("gb18030"), "xls", format="xlsx")
    assert rows(found) == [["Q1", "V1", "a&b", "1"], ["Q2", "", "c", "2"], ["Q3", "V3", "d", "3"]]


def test_merged_titles_are_titles_and_of_a_formula_only_what_was_kept_is_read(law: Law) -> None:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out)
    page = made.add_worksheet("数据")
    page.merge_range(0, 0, 1, 3, "报价清单")
    page.write_row(2, 0, HEADER.split(","))
    page.write_row(3, 0, ["Q1", "V1"])
    page.write_formula(3, 2, "='[http://127.0.0.1:9/x.xlsx]Sheet1'!A1", None, "kept")
    page.write_formula(3, 3, "=1+1", None, 7)  # what it was when the workbook was saved, not what it would be
    made.close()
    found = law(out.getvalue(), "xlsx", format="xlsx")
    assert (rows(found), found.declared) == ([["Q1", "V1", "kept", "7"]], {"header": 1, "title": 1, "blank": 1})


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"PK\x03\x04" + bytes(2) + b"\x01" + bytes(30), "file:unreadable"),
        (b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600), "file:encrypted"),
    ],
)
def test_a_workbook_behind_a_password_or_cut_off_is_told_as_what_it_is(law: Law, data: bytes, rule: str) -> None:
    with pytest.raises(UnreadableFileError) as fault:
        law(data, "xlsx", format="xlsx")
    assert fault.value.rule == rule


def test_text_called_xls_is_read(law: Law) -> None:
    assert rows(law(text("Q1,V1,a,1").replace(b",", b"\t"), "xls", format="xlsx")) == [["Q1", "V1", "a", "1"]]


def test_a_workbook_in_an_archive_is_read(law: Law) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("报价.xlsx", book(("数据", LINES)))
    assert law(out.getvalue(), "zip", format="xlsx").table.num_rows == 2


# ---------------------------------------------------------------- JSON


def document(*items: object) -> bytes:
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items).encode()


GOOD = {"报价单号": "Q1", "车架号": "V1", "备注": "a\u2028b", "金额": 1.50}


def test_a_line_separator_inside_a_text_is_text(law: Law) -> None:
    found = law(document(GOOD, {**GOOD, "报价单号": "Q2"}), "jsonl", format="json")
    assert [row[:3] for row in rows(found)] == [["Q1", "V1", "a\u2028b"], ["Q2", "V1", "a\u2028b"]]


def test_fields_may_come_and_go_between_records(law: Law, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "RECORDS_AT_ONCE", 2)
    items = [{**GOOD, f"f{n // 2}": str(n)} for n in range(5)]
    for data in (json.dumps([7, *items]).encode(), document(7, *items)):
        found = law(data, "json", format="json")
        assert found.table.column_names == [*GOOD, "f0", "f1", "f2", "_row"]
        assert found.table.select(["f0", "f1", "f2", "_row"]).to_pydict() == {
            "f0": ["0", "1", None, None, None], "f1": [None, None, "2", "3", None], "f2": [*[None] * 4, "4"],
            "_row": [2, 3, 4, 5, 6],
        }  # fmt: skip
        assert [(number, rule) for number, rule, _ in found.held] == [(1, "row:not_a_record")]


@pytest.mark.parametrize(
    "data",
    ["", "[", "[{}", "[{},]", "[{} {}]", "[,{}]", "[{}] x", "{} {}", "{}\n{", '"x"', "7", "[NaN]", "[{}]\n]", "{"],
)
def test_what_is_no_document_is_refused(law: Law, data: str) -> None:
    with pytest.raises(UnreadableFileError) as fault:
        law(data.encode() or b" ", "json", format="json")
    assert fault.value.rule == "file:unreadable"


def test_names_written_with_escapes_are_the_same_names(law: Law) -> None:
    data = json.dumps({"数据": {"列表": [GOOD, {**GOOD, "报价单号": "Q2"}]}}).encode()
    assert b"\\u" in data and law(data, "json", format="json", records="数据.列表").table.num_rows == 2


@pytest.mark.parametrize("clash", [{"a.b": 1, "a": {"b": 2}}, {"a": {"b": 2}, "a.b": 1}])
def test_two_fields_of_one_name_are_refused(law: Law, clash: dict[str, object]) -> None:
    with pytest.raises(UnreadableFileError) as fault:
        law(document({**GOOD, **clash}), "jsonl", format="json")
    assert fault.value.rule == "file:unreadable" and "twice" in fault.value.en


def test_a_field_that_is_called_like_ours_is_kept_under_another_name(law: Law) -> None:
    found = law(document({**GOOD, "_row": "x"}), "jsonl", format="json")
    assert found.table["_row (5)"].to_pylist() == ["x"] and found.table["_row"].to_pylist() == [1]


def test_what_is_no_record_is_held_and_what_is_too_deep_refused(law: Law) -> None:
    assert [rule for _, rule, _ in law(document(GOOD, 7), "jsonl", format="json").held] == ["row:not_a_record"]
    deep: object = 1
    for _ in range(limits.NESTING + 1):
        deep = {"x": deep}
    with pytest.raises(UnreadableFileError) as fault:
        law(document({**GOOD, "d": deep}), "jsonl", format="json")
    assert fault.value.rule == "file:too_deep"


# ---------------------------------------------------------------- archives and limits


def archive_of(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, text("Q1,V1,a,1"))
    return out.getvalue()


def test_an_archive_of_two_files_is_refused(law: Law) -> None:
    with pytest.raises(UnreadableFileError) as fault:
        law(archive_of("a.csv", "b.csv"), "zip")
    assert fault.value.rule == "file:ambiguous_archive"


def test_a_fetched_table_that_was_damaged_on_disk_is_refused(law: Law) -> None:
    out = io.BytesIO()
    cells = {name: ["Q1", "续保专员"] for name in HEADER.split(",")}
    pq.write_table(pa.table(cells), out, compression="none", use_dictionary=False, write_statistics=False)
    damaged = out.getvalue().replace("续保专员".encode(), b"\xff" * 12)
    with pytest.raises(UnreadableFileError) as fault:
        law(damaged, "parquet", format="table")
    assert fault.value.rule == "file:unreadable"


def test_a_bomb_is_refused(law: Law, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UNPACKED_FREE", 100_000)
    with pytest.raises(UnreadableFileError) as fault:
        law(gzip.compress(text(*["Q,V,a,1"] * 200_000), mtime=0), "gz")
    assert fault.value.rule == "file:bomb"


@pytest.mark.parametrize(("limit", "rule"), [("MEMBERS", "file:bomb"), ("BOOK_BYTES", "file:bomb")])
def test_a_workbook_above_a_limit_is_refused(law: Law, monkeypatch: pytest.MonkeyPatch, limit: str, rule: str) -> None:
    data = book(("数据", [HEADER.split(","), ["Q1", "V1", "a", 1]]))
    assert law(data, "xlsx", format="xlsx").records == 2
    monkeypatch.setattr(limits, limit, 3)
    with pytest.raises(UnreadableFileError) as fault:
        law(data, "xlsx", format="xlsx")
    assert fault.value.rule in (rule, "file:too_large")


@pytest.mark.parametrize(
    ("limit", "value", "data", "rule"),
    [
        ("COLUMNS", 3, text("Q1,V1,a,1"), "file:too_many_columns"),
        ("FILE_BYTES", 10, text("Q1,V1,a,1"), "file:too_large"),
        ("ROWS", 2, text(*["Q1,V1,a,1"] * 5), "file:too_many_rows"),
    ],
)
def test_more_than_a_limit_is_refused_by_its_name(
    law: Law, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, data: bytes, rule: str
) -> None:
    monkeypatch.setattr(limits, limit, value)
    with pytest.raises(UnreadableFileError) as fault:
        law(data)
    assert fault.value.rule == rule and f"{value:,}" in fault.value.zh and f"{value:,}" in fault.value.en


def test_a_cell_that_is_too_long_is_refused(law: Law) -> None:
    with pytest.raises(UnreadableFileError) as fault:
        law(text(f"Q1,V1,{'a' * (limits.CELL_CHARACTERS + 1)},1"))
    assert fault.value.rule == "file:cell_too_long"
