"""The seed of statutory days is what the library knows, and a year without its make-up days is not called announced."""

from __future__ import annotations

import csv
from importlib.metadata import version

from dbt_project.statutory_days import FIRST_YEAR, SEED, announced_years, as_csv


def test_the_seed_of_statutory_days_is_what_the_library_knows() -> None:
    kept, known = SEED.read_text(encoding="utf-8").splitlines(), as_csv().splitlines()
    missing, gone = sorted(set(known) - set(kept)), sorted(set(kept) - set(known))
    assert kept == known, (
        f"{SEED.name} and the library holidays {version('holidays')} differ: {len(missing)} days are to be added, "
        f"{len(gone)} to be removed, e.g. {(missing or gone or ['the order'])[0]}. A year has been announced, or a day was "
        "mended: run `python -m dbt_project.statutory_days`, compare the difference with the State Council's notice and "
        "commit it. If the library is older than the seed, raise its version in requirements first."
    )


def test_a_year_is_announced_if_and_only_if_its_make_up_days_are_known() -> None:
    with SEED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    years = {int(row["day"][:4]) for row in rows}
    made_up = {int(row["day"][:4]) for row in rows if row["kind"] == "make_up_working_day"}
    assert years == set(range(FIRST_YEAR, max(made_up) + 2))
    assert made_up == {int(row["day"][:4]) for row in rows if row["is_announced"] == "true"}
    assert made_up == {year for year in announced_years() if year >= FIRST_YEAR}


def test_the_days_of_2026_are_those_of_the_state_councils_notice() -> None:
    """国务院办公厅关于2026年部分节假日安排的通知: first and last day of each holiday, and the days worked for it."""
    with SEED.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["day"].startswith("2026")]
    off = [row["day"][5:] for row in rows if row["kind"] == "holiday"]
    spans = (("01-01", "01-03"), ("02-15", "02-23"), ("04-04", "04-06"), ("05-01", "05-05"), ("06-19", "06-21"),
             ("09-25", "09-27"), ("10-01", "10-07"))  # fmt: skip
    assert len(off) == 33
    assert all(any(first <= day <= last for first, last in spans) for day in off)
    worked = [row["day"][5:] for row in rows if row["kind"] == "make_up_working_day"]
    assert worked == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]
