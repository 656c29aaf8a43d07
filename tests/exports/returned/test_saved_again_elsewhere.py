"""A list that went through LibreOffice, WPS or another program comes back as it was filled in."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.conftest import needs
from tests.exports.returned.conftest import LIST, NAME, RESULTS, Filled, Returned
from tests.exports.returned.rewritten import DIALECTS


def as_filled_in(got: Returned) -> None:
    assert got.results == RESULTS and got.held == []
    assert got.rows["r1"]["quoted_amount"] == Decimal("3200.50") and got.rows["r1"]["note"] == "已付款"
    assert got.rows["r2"]["next_contact_on"] == date(2026, 11, 30) and got.rows["r2"]["new_phone"] == "13900139002"
    assert got.rows["r3"]["loss_reason"] == "too_expensive" and got.rows["r3"]["competitor_amount"] == 2800
    assert {row["list_id"] for row in got.rows.values()} == {LIST}
    assert got.batches[0].warnings == {} and got.batches[0].rule is None


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile of LibreOffice's own, made once."""
    return tmp_path_factory.mktemp("libreoffice")


def saved_again(path: Path, kind: str, folder: Path, profile: Path) -> Path:
    """What LibreOffice makes of a workbook; `kind` as its option --convert-to takes it."""
    subprocess.run(
        [needs("soffice"), f"-env:UserInstallation=file://{profile}", "--headless", "--convert-to", kind,
         "--outdir", str(folder), str(path)],
        check=True, capture_output=True, timeout=180, env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    return folder / f"{path.stem}.{kind.split(':')[0]}"


@pytest.mark.parametrize(
    "kind", ["xlsx", "xls", "csv:Text - txt - csv (StarCalc):44,34,76", "csv:Text - txt - csv (StarCalc):9,34,85"]
)
def test_a_list_saved_by_libreoffice_comes_back_as_it_was_filled_in(
    kind: str, filled: Filled, tmp_path: Path, folder: Path, profile: Path, received: Callable[..., Returned]
) -> None:
    (tmp_path / NAME).write_bytes(filled.bytes())
    made = saved_again(tmp_path / NAME, kind, folder, profile)
    assert made.read_bytes() != (tmp_path / NAME).read_bytes()
    as_filled_in(received())


def test_a_list_edited_and_saved_through_two_programs_still_matches(
    filled: Filled, tmp_path: Path, folder: Path, profile: Path, received: Callable[..., Returned]
) -> None:
    filled.sheet.delete_rows(filled.row_of("r6"))
    filled.sheet.insert_rows(3)
    (tmp_path / NAME).write_bytes(filled.bytes())
    old = saved_again(tmp_path / NAME, "xls", tmp_path, profile)
    saved_again(old, "xlsx", folder, profile)
    as_filled_in(received())


@pytest.mark.parametrize(
    ("kind", "rule", "advice"),
    [
        ("ods", "file:unreadable", "另存为 xlsx"),
        ("html", "file:columns_missing", "list_id"),
        ("csv", "file:columns_missing", ""),
    ],
)
def test_what_cannot_carry_the_list_is_refused_with_what_is_missing(
    kind: str, rule: str, advice: str, filled: Filled, tmp_path: Path, folder: Path, profile: Path,
    received: Callable[..., Returned],
) -> None:  # fmt: skip
    """OpenDocument is not read; a web page loses hidden columns; a text in ASCII loses every Chinese character."""
    (tmp_path / NAME).write_bytes(filled.bytes())
    made = saved_again(tmp_path / NAME, kind, folder, profile)
    got = received()
    assert got.rules == {made.name: rule} and advice in got.batches[0].message_zh


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_list_written_in_another_dialect_of_the_format_is_read(
    dialect: str, filled: Filled, folder: Path, received: Callable[..., Returned]
) -> None:
    (folder / NAME).write_bytes(DIALECTS[dialect](filled.bytes()))
    as_filled_in(received())
