"""docs/traceability.md names only what exists, and says of every line what carries it or where it is open."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = {"Universe", "Targets", "Pay", "Concessions", "Cascade", "Others"}


def table(heading: str) -> list[list[str]]:
    """Cells of the table's rows under a heading, without header and rule."""
    text = (ROOT / "docs" / "traceability.md").read_text(encoding="utf-8")
    part = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


@cache
def models_and_seeds() -> set[str]:
    project = ROOT / "dbt_project"
    return {path.stem for folder, kind in (("models", "sql"), ("models", "py"), ("seeds", "csv"))
            for path in (project / folder).rglob(f"*.{kind}")}  # fmt: skip


@cache
def known_tests() -> set[str]:
    """Unit tests of models, singular tests of the project, test functions."""
    project = ROOT / "dbt_project"
    units = {
        name
        for path in (project / "models").rglob("*.yml")
        for part in path.read_text(encoding="utf-8").split("unit_tests:\n")[1:]
        for name in re.findall(r"^  - name: (\w+)$", part, re.M)
    }
    functions = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M)
    }
    return units | functions | {path.stem for path in (project / "tests").glob("*.sql")}


def test_every_model_seed_and_test_that_traceability_names_exists() -> None:
    for line, rule, carriers, proofs in table("What is there, and what is open"):
        named = set(re.findall(r"`(\w+)`", carriers))
        assert named <= models_and_seeds(), f"{line} {rule}: no model or seed {sorted(named - models_and_seeds())}"
        named = set(re.findall(r"`(\w+)`", proofs))
        assert named <= known_tests(), f"{line} {rule}: no test {sorted(named - known_tests())}"


def test_every_line_of_traceability_is_carried_and_tested_or_says_where_it_is_open() -> None:
    for line, rule, carriers, proofs in table("What is there, and what is open"):
        parts = set(re.findall(r"open: (\w+)", carriers))
        assert parts <= PARTS, f"{line} {rule}: no part is called {sorted(parts - PARTS)}"
        assert "`" in carriers or parts, f"{line} {rule}: name a model or the part in which it is open"
        assert "`" in proofs or (parts and proofs == "open"), f"{line} {rule}: name a test, or say open on both sides"


def test_traceability_is_sorted_by_line_of_the_plans() -> None:
    lines = [row[0] for row in table("What is there, and what is open")]
    keys = [(line[0] == "§", int(re.findall(r"\d+", line)[0])) for line in lines]
    assert keys == sorted(keys)


def test_buying_customer_data_is_left_out_and_every_omission_has_a_reason() -> None:
    rows = table("Left out on purpose")
    assert "L31" in {row[0] for row in rows}
    assert all(len(row) == 3 and row[2] for row in rows)
