"""A KPI is the same number on the board, in the extract, in the workbook and in the mart."""

from __future__ import annotations

import csv
import io
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import openpyxl
import pytest
from playwright.sync_api import Browser

from exports.board.data import ALL
from exports.kpi_workbook import kpi_workbook
from exports.publish import _write_extracts
from exports.shelf import open_read_only
from tests.conftest import needs
from tests.exports.board.stores import make_marts, write
from tests.exports.page.opened import browser, opened

__all__ = ["browser"]

STORES = {"001": "西安曲江店", "002": "西安高新店"}
MONTH = "2026-09"
Counts = tuple[int, int]
"""Renewed and due vehicles."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("same")
    words = make_marts(made, STORES)
    write(made, words)
    with open_read_only(made / "analytics.duckdb") as connection:
        rows = dict.fromkeys(("kpi_renewal_rate_monthly",), 1)
        _write_extracts(connection, made / "extracts", rows)
    (made / "kpi.xlsx").write_bytes(kpi_workbook(made, words.zh))
    yield made


def in_mart(folder: Path, store: str) -> Counts:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{folder / 'analytics.duckdb'}' as made (read_only)")
        where = "true" if store == ALL else f"store_id = '{store}'"
        return connection.execute(
            f"select sum(renewed_here)::int, sum(due_vehicles)::int from made.marts.kpi_renewal_rate_monthly "
            f"where {where} and strftime(expiry_month, '%Y-%m') = '{MONTH}'"
        ).fetchone()


def in_extract(folder: Path, store: str) -> Counts:
    text = (folder / "extracts" / "kpi_renewal_rate_monthly.csv").read_text(encoding="utf-8-sig")
    rows = [
        row
        for row in csv.DictReader(io.StringIO(text))
        if row["expiry_month"].startswith(MONTH) and store in (ALL, row["store_id"])
    ]
    return sum(int(row["renewed_here"]) for row in rows), sum(int(row["due_vehicles"]) for row in rows)


def in_workbook(file: Path, store: str) -> tuple[Counts, float]:
    rows = openpyxl.load_workbook(file)["续保率"].iter_rows(min_row=2, values_only=True)
    name = "全集团" if store == ALL else STORES[store]
    row = next(row for row in rows if row[:2] == (name, MONTH))
    return (int(row[2]), int(row[3])), float(row[4])


@pytest.mark.parametrize("store", [ALL, *STORES])
def test_the_renewal_rate_is_one_number_everywhere(browser: Browser, folder: Path, store: str) -> None:
    counts = in_mart(folder, store)
    assert in_extract(folder, store) == counts
    found, rate = in_workbook(folder / "kpi.xlsx", store)
    assert found == counts and rate == pytest.approx(counts[0] / counts[1], abs=1e-6)
    with opened(browser, folder / "board" / "index.html") as seen:
        seen.page.select_option("#store", store)
        rows = seen.page.evaluate(
            "() => [...document.querySelectorAll('[data-figure=trend] tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
        )
    row = next(row for row in rows if row[0] == MONTH)
    assert row[1:4] == [f"{counts[0]:,}", f"{counts[1]:,}", f"{100 * counts[0] / counts[1]:.1f} %"]


def test_the_workbook_opens_in_libreoffice_with_the_same_numbers(folder: Path, tmp_path: Path) -> None:
    subprocess.run(
        [needs("soffice"), f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "xlsx",
         "--outdir", str(tmp_path), str(folder / "kpi.xlsx")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    assert in_workbook(tmp_path / "kpi.xlsx", ALL)[0] == in_mart(folder, ALL)
    book = openpyxl.load_workbook(tmp_path / "kpi.xlsx")
    assert "让利" not in book.sheetnames and book["指标口径"].max_row > 10 and book["数据时效"].max_row > 2


def test_the_workbook_has_the_same_bytes_again_and_concessions_where_they_are_allowed(
    folder: Path, tmp_path: Path
) -> None:
    words = make_marts(tmp_path, STORES)
    assert kpi_workbook(tmp_path, words.zh) == (folder / "kpi.xlsx").read_bytes()
    (tmp_path / "allowed").mkdir()
    allowed = make_marts(tmp_path / "allowed", STORES, benefits=True)
    book = openpyxl.load_workbook(io.BytesIO(kpi_workbook(tmp_path / "allowed", allowed.en)))
    assert "Concessions" in book.sheetnames and "全集团" not in str(
        [cell.value for cell in book["Segments (closed)"]["A"]]
    )
