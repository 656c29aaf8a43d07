"""Rejected rows come back corrected, through the same door, beside the file they were rejected from."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest

from ingest.corrections import ROW_HEADER, SHEET, correction_of, fields_of, next_name
from ingest.home import read_json
from ingest.selection import select
from ingest.spec import load
from tests.ingest.conftest import HEADER, SPEC

D = date(2026, 11, 24)
FILE = "保单清单_20261123.csv"
FIRST = f"{FILE}.更正-policies-1.xlsx"
SNAPSHOT = SPEC.replace("    entity: policy\n", "    entity: policy\n    mode: snapshot\n")


def correct(desk, name: str, *lines: str, sheet: str = SHEET) -> Path:
    """Save corrected rows as people do: the first sheet explains, the second holds them."""
    book = openpyxl.Workbook()
    book.active.title = "不合格行"
    book.active.append(["文件", "行号", "列", "读到的值"])
    page = book.create_sheet(sheet)
    page.append([ROW_HEADER, *HEADER.split(",")])
    for number, line in enumerate(lines, 3):
        page.append([str(number), *line.split(",")])
    path = desk.outbox / name
    book.save(path)
    return path


def policies(as_of: date) -> set[str]:
    """Policy numbers of the raw files that the night of as_of works on."""
    import pyarrow.parquet as pq

    from ingest.home import home

    files = read_json(select(as_of) / "inputs.json")["entities"]["policy"][1:]
    return {number[-2:] for file in files for number in pq.read_table(home() / file)["policy_number"].to_pylist()}


def night(number: int) -> date:
    return D + timedelta(days=number)


def test_a_name_says_what_is_corrected_whatever_programs_add_to_it() -> None:
    assert next_name("policies", FILE) == FIRST
    assert next_name("policies", FIRST) == f"{FILE}.更正-policies-2.xlsx"
    for name in (FIRST, f"{FILE}.更正-policies-1_r2.xlsx", f"{FILE}.更正-policies-1 (1).xlsx"):
        found = correction_of(name)
        assert found and (found.original, found.extract, found.number) == (FILE, "policies", 1)
    assert correction_of(FILE) is None


def test_a_correction_belongs_to_its_extract_and_has_the_day_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "picc.yaml").write_text(SPEC, encoding="utf-8")
    extract = load(tmp_path / "picc.yaml").extracts["policies"]
    assert fields_of("policies", extract, FIRST) == {"business_date": D - timedelta(days=1)}
    assert fields_of("quotes", extract, FIRST) is None


def test_corrected_rows_are_loaded_beside_their_file_and_still_bad_ones_are_held_again(desk, line) -> None:
    desk.put(FILE, line(1), line(2, vin="LSVAA2187O2000002"), line(3, premium="x"))
    [first] = desk.receive(night(0))
    assert first.rules == {"premium_amount:not_money": 1, "vin:not_a_vin": 1}
    [back] = read_json(select(night(0)) / "inputs.json")["rejects"]
    assert (back["name"], back["rows"]) == (FIRST, 2)

    correct(desk, FIRST, line(2), line(3, premium="y"))
    [batch] = desk.receive(night(1))
    assert (batch.verdict, batch.business_date, batch.scope) == ("accepted", first.business_date, first.scope)
    assert (batch.loaded, batch.rules) == (1, {"premium_amount:not_money": 1})
    assert batch.records == batch.loaded + batch.quarantined + sum(batch.declared.values())
    assert policies(night(1)) == {"01", "02"} and policies(night(0)) == {"01"}

    [back] = read_json(select(night(1)) / "inputs.json")["rejects"]
    assert back["name"] == f"{FILE}.更正-policies-2.xlsx"
    correct(desk, back["name"], line(3))
    [batch] = desk.receive(night(2))
    assert (batch.verdict, batch.loaded) == ("accepted", 1)
    assert policies(night(2)) == {"01", "02", "03"}


def test_the_whole_file_sent_again_replaces_it_and_its_corrections(desk, line) -> None:
    desk.put(FILE, line(1), line(2, vin="x"))
    desk.receive(night(0))
    correct(desk, FIRST, line(2))
    desk.receive(night(1))
    desk.put(FILE, line(1), line(4))
    desk.receive(night(2))
    assert policies(night(1)) == {"01", "02"}
    assert policies(night(2)) == {"01", "04"}


def test_a_correction_adds_to_the_snapshot_in_force_until_the_next_one(desk, line) -> None:
    desk.spec(SNAPSHOT)
    desk.put(FILE, line(1), line(2, vin="x"))
    desk.receive(night(0))
    correct(desk, FIRST, line(2))
    desk.receive(night(1))
    assert policies(night(1)) == {"01", "02"}
    desk.put("保单清单_20261125.csv", line(1), line(5))
    desk.receive(night(2))
    assert policies(night(2)) == {"01", "05"}


def test_a_correction_of_a_file_that_is_not_used_is_refused_and_is_no_gap(desk, line) -> None:
    desk.put("保单清单_20261122.csv", line(9))
    desk.put("保单清单_20261123.csv", line(1))
    correct(desk, "保单清单_20261101.csv.更正-policies-1.xlsx", line(2))
    found = {batch.name: batch for batch in desk.receive(night(0))}
    refused = found["保单清单_20261101.csv.更正-policies-1.xlsx"]
    assert (refused.verdict, refused.rule) == ("refused", "file:nothing_to_correct")
    assert "保单清单_20261101.csv" in refused.message_zh and "王经理" in refused.message_zh
    assert read_json(select(night(0)) / "inputs.json")["sources"][0]["status"] == "fresh"


def test_more_rows_than_went_back_are_used_and_told(desk, line) -> None:
    desk.put(FILE, line(1), line(2, vin="x"))
    desk.receive(night(0))
    correct(desk, FIRST, line(2), line(7))
    [batch] = desk.receive(night(1))
    assert (batch.verdict, batch.rule, batch.loaded) == ("accepted_with_warning", "file:more_than_sent_back", 2)


def test_a_correction_needs_no_marker_and_the_sheet_it_was_given(desk, line) -> None:
    desk.spec(SPEC.replace("    read:\n", "    read:\n      marker: .ok\n"))
    desk.put(FILE, line(1), line(2, vin="x"))
    (desk.outbox / f"{FILE}.ok").touch()
    desk.receive(night(0))
    correct(desk, FIRST, line(2), sheet="Sheet2")
    [batch] = desk.receive(night(1))
    assert (batch.verdict, batch.rule) == ("refused", "file:no_sheet")
    correct(desk, FIRST, line(2))
    [batch] = desk.receive(night(2))
    assert (batch.verdict, batch.loaded, batch.version) == ("accepted", 1, 2)


@pytest.mark.parametrize("name", [f"{FILE}.更正-policies-1.csv"])
def test_corrected_rows_may_come_as_text_too(desk, line, name: str) -> None:
    desk.put(FILE, line(1), line(2, vin="x"))
    desk.receive(night(0))
    (desk.outbox / name).write_text(f"{ROW_HEADER},{HEADER}\r\n3,{line(2)}\r\n", encoding="utf-8-sig")
    [batch] = desk.receive(night(1))
    assert (batch.verdict, batch.loaded, batch.unknown_headers) == ("accepted", 1, [])
