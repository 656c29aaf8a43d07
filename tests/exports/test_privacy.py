"""The scanner finds a planted value in every kind of file and leaves clean files alone."""

import gzip
import json
import sqlite3
import time
import zipfile

import duckdb
import openpyxl
import pytest

from exports.privacy import scan_tree

VALUES = {
    "phone": {"13912345678", "02988123456"},
    "plate": {"陕A12345", "陕AD12345"},
    "vin": {"LSVAA4182E2123456"},
    "id_number": {"610103198001011234"},
    "name": {"王伟", "欧阳小明"},
}


def write_xlsx(file, text):
    book = openpyxl.Workbook()
    book.active["B2"] = text
    book.save(file)


def write_sqlite(file, text):
    with sqlite3.connect(file) as connection:
        connection.execute("create table log (id integer, event text)")
        connection.execute("insert into log values (1, ?)", [text])
    connection.close()


def write_parquet(file, text):
    duckdb.execute(f"copy (select 1 as one, '{text}' as note) to '{file}' (format parquet)")


def write_duckdb(file, text):
    with duckdb.connect(file) as connection:
        connection.execute(f"create table t as select 1 as one, '{text}' as note")


def write_zip(file, text):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.json", json.dumps({"text": text}))


WRITERS = {
    "a.log": lambda file, text: file.write_text(f"2026-11-24 00:00:01 INFO row {text}, see\n"),
    "a.csv": lambda file, text: file.write_bytes(b"\xef\xbb\xbfx,y\n1," + text.encode() + b"\n"),
    "gb.csv": lambda file, text: file.write_bytes(("姓名,备注\n" * 20 + f"1,{text}\n").encode("gb18030")),
    "a.html": lambda file, text: file.write_text("<td>" + "".join(f"&#{ord(sign)};" for sign in text) + "</td>"),
    "a.json": lambda file, text: file.write_text(json.dumps({"cell": text})),
    "a.xlsx": write_xlsx, "a.sqlite": write_sqlite, "a.parquet": write_parquet, "a.duckdb": write_duckdb,
    "a.zip": write_zip, "a.gz": lambda file, text: file.write_bytes(gzip.compress(text.encode())),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_a_planted_value_is_found_and_a_clean_file_is_not_reported(tmp_path, name):
    (tmp_path / "bad").mkdir()
    (tmp_path / "good").mkdir()
    for text, kind in (("13912345678", "phone"), ("陕A12345", "plate"), ("LSVAA4182E2123456", "vin"), ("王伟", "name")):
        WRITERS[name](tmp_path / "bad" / name, text)
        findings = scan_tree([tmp_path / "bad"], VALUES)
        assert {finding.kind for finding in findings} == {kind}, (name, text)
        assert name in findings[0].place and text not in str(findings)
        (tmp_path / "bad" / name).unlink()
    WRITERS[name](tmp_path / "good" / name, "13912345679 王伟民 d41d8cd98f00b204e9800998ecf8427e 8001")
    assert scan_tree([tmp_path / "good"], VALUES) == []


@pytest.mark.parametrize("text", ["+8613912345678", "phone_13912345678", "13912345678.0", "tel:139１２３４5678", "029/02988123456",
                                  "陕A·12345", "lsvaa4182e2123456", "id=610103198001011234;"])  # fmt: skip
def test_values_are_found_in_the_ways_they_are_written(tmp_path, text):
    (tmp_path / "x.log").write_text(text)
    assert len(scan_tree([tmp_path / "x.log"], VALUES)) == 1


def test_a_file_name_is_looked_at_too(tmp_path):
    (tmp_path / "call_13912345678.log").write_text("")
    assert scan_tree([tmp_path], VALUES)[0].column == "file name"


def test_fifty_thousand_values_cost_no_more_than_one_pass(tmp_path):
    (tmp_path / "big.log").write_text("2026-11-24 00:00:01 INFO step build 12345 rows, d41d8cd98f00b204\n" * 150_000)
    values = {"phone": {str(13000000000 + number) for number in range(50_000)}}
    started = time.monotonic()
    assert scan_tree([tmp_path], values) == []
    assert time.monotonic() - started < 8  # 10 MB
