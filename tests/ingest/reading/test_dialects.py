"""Any table, written in any dialect, is read back as it was, and not a record is lost."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path
from unittest import mock

import openpyxl
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import counting
from ingest.counting import count_records
from ingest.reading import blocks, documents, read, records
from tests.ingest.reading.conftest import extract_of

HEADER = ["报价单号", "车架号", "备注", "金额"]
SETTINGS = settings(
    max_examples=120, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip

SIMPLIFIED = "续保专员联系客户报价单号车辆保险到期王李张刘陈杨赵黄周吴"
ORDINARY = "abcXYZ0123456789 .-_/()'" + '",;|\t' + "\n"
cells = st.text(st.sampled_from(SIMPLIFIED + ORDINARY), max_size=12)
names = st.text(st.sampled_from("KQ0123456789"), min_size=3, max_size=10)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Data lines: the first cell is a number of its own that no header or totals row has."""
    count = draw(st.integers(0, 12))
    return [[f"N{place}{draw(names)}", draw(names), draw(cells), draw(cells)] for place in range(count)]


@st.composite
def dialects(draw: st.DrawFn) -> dict[str, object]:
    return {
        "encoding": draw(st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])),
        "delimiter": draw(st.sampled_from([",", ";", "\t", "|"])),
        "line_end": draw(st.sampled_from(["\r\n", "\n", "\r"])),
        "quoting": draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])),
        "packing": draw(st.sampled_from(["plain", "gz", "zip"])),
        "preamble": draw(st.integers(0, 3)),
        "totals_at": draw(st.sampled_from([None, 0, 1, 99])),
        "blank_at": draw(st.sampled_from([None, 0, 1, 99])),
        "repeats_header": draw(st.booleans()),
        "last_line_end": draw(st.booleans()),
    }


def packed(data: bytes, packing: object) -> bytes:
    if packing == "gz":
        return gzip.compress(data, mtime=0)
    if packing == "zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("export.csv", data)
        return out.getvalue()
    return data


def written(lines: list[list[str]], dialect: dict[str, object]) -> tuple[bytes, dict[str, int]]:
    """The bytes of a file, and how many records are declared as what."""
    sheet, declared = [list(line) for line in lines], {"header": 1}
    if dialect["blank_at"] is not None:
        sheet.insert(int(dialect["blank_at"]), ["", "", "", ""])  # type: ignore[call-overload]
        declared["blank"] = 1
    if dialect["totals_at"] is not None:
        sheet.insert(int(dialect["totals_at"]), ["合计", "", "", "99"])  # type: ignore[call-overload]
        declared["totals"] = 1
    if dialect["repeats_header"]:
        sheet.append(HEADER)
        declared["header"] = 2
    sheet.insert(0, HEADER)
    for number in range(int(dialect["preamble"])):  # type: ignore[call-overload]
        sheet.insert(number, [f"业务清单 {number}", "", "", ""])
        declared["title"] = declared.get("title", 0) + 1
    out = io.StringIO()
    csv.writer(
        out, delimiter=str(dialect["delimiter"]), lineterminator="\n", quoting=dialect["quoting"]  # type: ignore[arg-type]
    ).writerows(sheet)  # fmt: skip
    # line ends inside fields stay; those between records become the dialect's
    text = "".join(
        (line if quoted else line.replace("\n", str(dialect["line_end"]))) for line, quoted in _pieces(out.getvalue())
    )
    if not dialect["last_line_end"]:
        text = text.removesuffix(str(dialect["line_end"]))
    return packed(text.encode(str(dialect["encoding"])), dialect["packing"]), declared


def _pieces(text: str) -> list[tuple[str, bool]]:
    """A written text cut at its quotes: every second piece stands inside a quoted field."""
    parts = text.split('"')
    return [(part + ('"' if at < len(parts) - 1 else ""), at % 2 == 1) for at, part in enumerate(parts)]


@SETTINGS
@given(lines=tables(), dialect=dialects(), batch=st.sampled_from([3, 250_000]), piece=st.sampled_from([37, 1 << 24]))
def test_text_in_any_dialect_is_read_back_equal(
    tmp_path: Path, lines: list[list[str]], dialect: dict[str, object], batch: int, piece: int
) -> None:
    data, declared = written(lines, dialect)
    path = tmp_path / "file"
    path.write_bytes(data)
    extract = extract_of(totals_row={"column": "报价单号", "starts_with": "合计"})
    with (
        mock.patch.object(records, "BATCH_RECORDS", batch),
        mock.patch.object(counting, "PIECE", piece),
        mock.patch.object(blocks, "BLOCK_BYTES", piece),
    ):
        found = read(path, extract)
        assert found.records == count_records(path, extract, found.delimiter, found.sheet, found.encoding)
    assert found.records == found.table.num_rows + len(found.held) + sum(found.declared.values())
    assert found.table.column_names == [*HEADER, "_row"]
    doubtful = {number for number, _, _ in found.held}  # text that looks like swallowed lines is held, never lost
    rows = [list(row.values())[:4] for row in found.table.to_pylist()]
    assert rows == [line for line in lines if line in rows or not doubtful]
    assert len(rows) + len(doubtful) == len(lines)
    assert {name: count for name, count in found.declared.items() if count} == declared


@SETTINGS
@given(lines=tables(), kind=st.sampled_from(["xlsx", "xls"]), titles=st.integers(0, 2), other=st.booleans())
def test_a_workbook_is_read_back_equal(
    tmp_path: Path, lines: list[list[str]], kind: str, titles: int, other: bool
) -> None:
    sheet = [*([["业务清单"]] * titles), HEADER, *lines]
    path = tmp_path / f"file.{kind}"
    if kind == "xlsx":
        book = openpyxl.Workbook()
        if other:
            book.active.append(["说明"])
            book.create_sheet("数据")
        page = book.worksheets[-1]
        for y, row in enumerate(sheet, 1):
            for x, cell in enumerate(row, 1):
                page.cell(y, x).value = cell or None
                if cell:
                    page.cell(y, x).data_type = "s"
        if lines:
            page.row_dimensions[len(sheet)].hidden = True
        book.save(path)
    else:
        old = xlwt.Workbook(encoding="utf-8")
        if other:
            old.add_sheet("说明").write(0, 0, "说明")
        page = old.add_sheet("数据")
        for y, row in enumerate(sheet):
            for x, cell in enumerate(row):
                if cell:
                    page.write(y, x, cell)
        old.save(str(path))
    found = read(path, extract_of(format="xlsx"))
    assert found.records == count_records(path, extract_of(format="xlsx"), found.delimiter, found.sheet, found.encoding)
    rows = [list(row.values())[:4] for row in found.table.to_pylist()]
    assert [[cell.strip() for cell in row] for row in rows] == [[cell.strip() for cell in line] for line in lines]


@SETTINGS
@given(
    lines=tables(),
    form=st.sampled_from(["array", "path", "lines"]),
    deep=st.booleans(),
    at_once=st.sampled_from([3, 20_000]),
)
def test_json_is_read_back_equal(tmp_path: Path, lines: list[list[str]], form: str, deep: bool, at_once: int) -> None:
    items = [dict(zip(HEADER, line, strict=True)) for line in lines]
    if deep:
        items = [{**item, "更多": {"里层": 1.50, "列表": ["a", "b"], "空": None, "真": True}} for item in items]
    path = tmp_path / "file.json"
    if form == "lines":
        path.write_text(
            "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items) or "\n", encoding="utf-8"
        )
    else:
        whole = items if form == "array" else {"other": [{"x": 1}], "data": {"list": items, "n": [1, [2]]}}
        path.write_text(json.dumps(whole, ensure_ascii=False, indent=1), encoding="utf-8")
    if form == "lines" and not items:
        return  # no record, no document
    extract = extract_of(format="json", records="data.list" if form == "path" else None)
    with (
        mock.patch.object(documents, "RECORDS_AT_ONCE", at_once),
        mock.patch.object(documents, "BATCH_RECORDS", at_once),
    ):
        found = read(path, extract)
    assert found.records == count_records(path, extract) == len(lines)
    assert [[row.get(name) for name in HEADER] for row in found.table.to_pylist()] == lines
    if deep and lines:
        assert found.table["更多.里层"][0].as_py() == "1.5"
        assert found.table["更多.列表"][0].as_py() == "a;b"
