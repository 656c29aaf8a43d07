"""A bad row goes back to its owner, comes in again corrected, and stands in the warehouse the night after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import openpyxl
import pytest

from tests.end_to_end.conftest import environment, night, prepare, run_steps

FILE = "保单清单_20261123.csv"
NAME = f"{FILE}.更正-policies-1.xlsx"
GOOD, BAD = "LSVAA2187C2000001", "LSVAA2187O2000001"
NUMBER = "1203052026112300009001"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two nights: a file with a bad VIN; then its workbook, corrected and saved into the insurer's folder."""
    home = tmp_path_factory.mktemp("feedback") / "home"
    with environment(home):
        prepare(home, night(0), vehicles=300)
        path = home / "sample" / "outbox" / "picc" / FILE
        head, *rest = path.read_bytes().decode("gb18030").split("\r\n")
        bad = f"{NUMBER},,,商业险,续保,001,{BAD},陕A12345,张三丰,13800138000,2026-11-23,2026-12-01,2027-11-30,1000.00,0,0.1,车辆损失险,0,"
        path.write_bytes("\r\n".join([head, bad, *rest]).encode("gb18030"))
        run_steps(night(0))
        book = openpyxl.load_workbook(home / "delivered" / "source_picc" / str(night(0)) / NAME)
        sheet = book["更正"]
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                if cell.value == BAD:
                    cell.value = GOOD
        prepare(home, night(1))
        book.save(home / "sample" / "outbox" / "picc" / NAME)
        run_steps(night(1))
        yield home


def published(home: Path, number: int) -> Path:
    return next((home / "published").glob(f"{night(number)}-*"))


def rows(home: Path, number: int, query: str) -> list[tuple]:
    with duckdb.connect(str(published(home, number) / "analytics.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def raw_numbers(home: Path, number: int) -> set[str]:
    files = json.loads((published(home, number) / "inputs.json").read_text(encoding="utf-8"))["entities"]["policy"]
    paths = [str(home / file) for file in files]
    return {
        n for (n,) in duckdb.sql(f"select policy_number from read_parquet({paths}, union_by_name = true)").fetchall()
    }


def test_the_corrected_row_is_in_force_the_night_after(home: Path) -> None:
    assert NUMBER not in raw_numbers(home, 0)
    assert NUMBER in raw_numbers(home, 1)
    [batch] = rows(
        home, 1, f"select verdict, is_in_force, loaded, business_date from marts.fct_batch where file_name = '{NAME}'"
    )
    assert batch[:3] == ("accepted", True, 1) and str(batch[3]) == "2026-11-23"


def test_no_record_of_it_is_lost(home: Path) -> None:
    [counts] = rows(
        home, 1, f"select records_read, loaded + quarantined + declared from marts.fct_batch where file_name = '{NAME}'"
    )
    assert counts[0] == counts[1] == 2, "a header and a row"


def test_only_its_owner_got_the_row(home: Path) -> None:
    with_number = [
        path.parent.parent.name
        for path in (home / "delivered").rglob("*.xlsx")
        if any(
            cell == NUMBER
            for sheet in openpyxl.load_workbook(path, read_only=True)
            for row in sheet.iter_rows(values_only=True)
            for cell in row
        )
    ]
    assert with_number == ["source_picc"]


def test_what_left_with_personal_data_is_logged_and_the_next_night_reads_the_log(home: Path) -> None:
    log = rows(
        home, 1, "select recipient, file_name, records, sha256 from marts.fct_export where purpose = 'rejected_rows'"
    )
    entry = {(recipient, name): (records, sha) for recipient, name, records, sha in log}["source_picc", NAME]
    manifest = json.loads(
        (home / "outbox" / str(night(0)) / "source_picc" / "manifest.json").read_text(encoding="utf-8")
    )
    [given] = [file for file in manifest["files"] if file["name"] == NAME]
    assert entry == (given["rows"], given["sha256"])
    purposes = {p for (p,) in rows(home, 1, "select purpose from marts.fct_export")}
    assert purposes >= {"renewal_calls", "team", "pay_statement", "rejected_rows"}
    [archived] = (home / "archive" / "export" / str(night(0))).glob("*.parquet")
    assert duckdb.sql(f"select count(delivered_at) from '{archived}'").fetchone()[0] > 3


def test_the_manager_reads_how_many_rows_went_to_whom(home: Path) -> None:
    from exports.summary import summary_text

    with environment(home):
        text = summary_text(night(0))
    assert "Rejected rows that go back" in text and "source_picc" in text and "人保驻店代表" in text


def test_every_night_has_its_quality_and_seconds_stand_apart(home: Path) -> None:
    daily = rows(home, 1, """
        select received_on, files, quarantined, gap_days, is_late, corrected_files, owner
        from marts.kpi_data_quality_daily where source = 'picc' and extract = 'policies' order by 1
    """)  # fmt: skip
    assert [str(day) for day, *_ in daily] == [str(night(0)), str(night(1))]
    assert daily[0][2] >= 1 and daily[1][5] == 1 and {row[3:5] for row in daily} == {(0, False)}
    assert all("人保驻店代表" in row[-1] for row in daily)
    took = rows(home, 1, """
        select count(*), count(measured.seconds) from marts.fct_batch as batch
        left join measured.batch_seconds as measured using (source, extract, file_name, version)
        where batch.verdict like 'accepted%'
    """)  # fmt: skip
    assert took[0][0] == took[0][1] > 100
    measured = rows(home, 1, """
        select table_name from duckdb_columns()
        where schema_name = 'marts' and column_name in ('seconds', 'delivered_at')
    """)  # fmt: skip
    assert measured == [] and not list(published(home, 1).glob("parquet/*seconds*"))
