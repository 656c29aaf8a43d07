"""Every mart of three small dealerships equals its golden file, row for row (see golden/)."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from tests.dbt_project import group_rest
from tests.dbt_project.golden.tables import as_csv, expected, names
from tests.dbt_project.small_night import Night

NIGHTS = ("desk", "offer", "rest")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rest_night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The night of what the two other dealerships leave out."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        return group_rest.run(tmp_path_factory.mktemp("rest"), monkeypatch)


@pytest.mark.parametrize("name", NIGHTS)
def test_every_published_table_equals_its_golden_file(name: str, request: pytest.FixtureRequest) -> None:
    night = request.getfixturevalue(f"{name}_night")
    found, golden = as_csv(night), expected(name)
    changed = [
        "".join(difflib.unified_diff(golden.get(table, "").splitlines(True), found.get(table, "").splitlines(True),
                                     f"golden/{name}/{table}.csv", "this build"))
        for table in sorted(found.keys() | golden.keys()) if found.get(table) != golden.get(table)
    ]  # fmt: skip
    assert not changed, (
        f"{len(changed)} tables differ. If the change is meant: python -m tests.dbt_project.golden, and read what it "
        "changed.\n" + "\n".join(changed)[:20_000]
    )


def test_every_published_table_has_rows_in_a_golden_file(desk_night: Night) -> None:
    with_rows = {path.stem for name in NIGHTS for path in (Path(__file__).parent / "golden" / name).glob("*.csv")}
    assert set(names(desk_night)) - with_rows == set(), "give these tables a fact in group_rest.py"
