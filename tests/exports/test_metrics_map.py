"""The map of the tables in the documentation is what the YAML says."""

from pathlib import Path

from exports.metrics import marts_map

ROOT = Path(__file__).resolve().parents[2]


def test_the_map_of_the_tables_is_up_to_date() -> None:
    written = (ROOT / "docs" / "marts.md").read_text(encoding="utf-8")
    assert written == marts_map(), "run `.venv/bin/python -m exports.metrics > docs/marts.md`"
