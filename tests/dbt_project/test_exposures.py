"""What goes out is an exposure that names what it reads, and it reads nothing else."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from exports.dictionary import declared_models

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "dbt_project" / "models" / "exposures.yml"
TABLES = {name for name, model in declared_models().items() if model["room"] in ("marts", "restricted", "measured")}
NO_EXPORTS = {"exports/privacy.py", "exports/postgres/rights.py"}
"""They go through whatever tables there are: one scans them, the other says who may read them in PostgreSQL."""


@cache
def exposures() -> dict[str, dict[str, Any]]:
    """Exposures by name, with `tables` (what they depend on) and `modules` (the code that reads)."""
    found = {}
    for exposure in yaml.safe_load(FILE.read_text(encoding="utf-8"))["exposures"]:
        tables = {re.fullmatch(r"ref\('(\w+)'\)", item)[1] for item in exposure["depends_on"]}
        assert len(tables) == len(exposure["depends_on"]), f"{exposure['name']} names a table twice"
        found[exposure["name"]] = exposure | {"tables": tables, "modules": exposure["config"]["meta"]["modules"]}
    return found


def tables_read(module: Path) -> set[str]:
    """Tables of marts, restricted and measured that stand in the strings of a module, without its docstrings."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
    ]
    qualified = {name for text in texts for name in re.findall(r"\b(?:marts|restricted|measured)\.(\w+)", text)}
    return (qualified | set(texts)) & TABLES


def test_every_exposure_names_its_owner_and_says_what_it_is_in_both_languages() -> None:
    for name, exposure in exposures().items():
        assert exposure["owner"]["name"] and exposure["type"] and exposure["maturity"] == "high", name
        for text in (exposure["label"], exposure["description"]):
            assert re.search(r"[\u4e00-\u9fff]", text) and re.search(r"[A-Za-z]{3}", text), name


def test_every_exposure_is_made_by_code_that_exists_and_every_reader_of_tables_is_an_exposure() -> None:
    named = {module for exposure in exposures().values() for module in exposure["modules"]}
    assert not [module for module in named if not (ROOT / module).is_file()]
    readers = {
        str(path.relative_to(ROOT))
        for path in [*(ROOT / "exports").rglob("*.py"), ROOT / "ingest" / "closing.py"]
        if tables_read(path)
    }
    assert readers - NO_EXPORTS <= named, f"{sorted(readers - NO_EXPORTS - named)}: add an exposure to {FILE.name}"


def test_an_exposure_depends_on_exactly_what_its_code_reads() -> None:
    models = declared_models()
    every = {
        "kpi_extracts": {
            name for name, model in models.items() if model["room"] == "marts" and name.startswith("kpi_")
        },
        "archive_of_decisions": {name for name, model in models.items() if model["room"] == "archive"},
        "superset_board": set(re.findall(r"mart: (\w+)", (ROOT / "exports" / "superset" / "charts.yaml").read_text())),
    }  # two go through all tables of a kind, the third declares its charts as data
    for name, exposure in exposures().items():
        read = every.get(name, set())
        if name != "archive_of_decisions":
            read = read.union(*(tables_read(ROOT / module) for module in exposure["modules"]))
        assert exposure["tables"] == read, (
            f"exposure {name}: add {sorted(read - exposure['tables'])}, remove {sorted(exposure['tables'] - read)}"
        )


def test_a_table_in_a_query_is_seen_and_one_in_a_docstring_is_not(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        '"""marts.dim_store"""\nq = f"from marts.fct_batch {1}"\nt = ("call_list", "x restricted.dropdown")\n'
    )
    assert tables_read(module) == {"fct_batch", "call_list", "dropdown"}
