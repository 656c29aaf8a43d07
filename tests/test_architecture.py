"""The rules that hold the rooms apart. Each message says how to mend what it finds."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("dags", "ingest", "expectations", "dbt_project", "exports")
MAY_IMPORT = {
    "dags": {"ingest", "expectations", "dbt_project", "exports"},
    "expectations": {"ingest"},
    "dbt_project": {"ingest.home", "ingest.selection"},
    "exports": {"ingest.home", "ingest.archive", "ingest.places"},
    "ingest": set(),
}


def imports(path: Path, top_level_only: bool = False) -> list[str]:
    """Names of all modules that a file imports; `from a import b` counts as a.b where b is a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports from the top: relative ones hide the direction"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            is_module = [(ROOT / name.replace(".", "/")).with_suffix(".py").exists() for name in names]
            found += [name if module else str(node.module) for name, module in zip(names, is_module, strict=True)]
    return found


def python_files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_imports_run_one_way(room: str) -> None:
    for path in python_files(room):
        for name in imports(path):
            top = name.split(".")[0]
            if top not in ROOMS or top == room:
                continue
            allowed = any(name == other or name.startswith(other + ".") for other in MAY_IMPORT[room])
            assert allowed, (
                f"{path.relative_to(ROOT)} imports {name}; {room} may import {sorted(MAY_IMPORT[room]) or 'nothing'} of ours. "
                "Move the code to the room where it belongs, or pass the value in."
            )


def test_the_pipeline_never_reaches_into_the_sample() -> None:
    for room in ROOMS:
        for path in python_files(room):
            if "sample" in path.parts or path == ROOT / "dags" / "__main__.py":
                continue
            reached = [name for name in imports(path) if name.startswith("ingest.sample")]
            assert not reached, f"{path.relative_to(ROOT)} imports {reached}: the sample is a stranger's system"


def test_nothing_but_the_entry_point_asks_what_day_it_is() -> None:
    asking = re.compile(
        r"\b(date\.today|datetime\.now|datetime\.today|utcnow|pendulum\.now|time\.time\(|current_date|now\(\))"
    )
    allowed = {"dags/__main__.py", "dags/nightly.py"}
    files = [path for room in ROOMS for path in python_files(room)]
    files += sorted((ROOT / "dbt_project").rglob("*.sql"))
    for path in files:
        name = str(path.relative_to(ROOT))
        found = asking.findall(path.read_text(encoding="utf-8"))
        assert name in allowed or not found, f"{name} asks the clock ({found}); take as_of as a parameter instead"


def test_models_stay_short() -> None:
    for path in sorted((ROOT / "dbt_project" / "models").rglob("*.sql")):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 120, f"{path.relative_to(ROOT)} has {lines} lines; give a piece of its logic a name of its own"


def test_every_model_has_its_yaml() -> None:
    described = set()
    for path in (ROOT / "dbt_project").rglob("*.yml"):
        described |= set(re.findall(r"^ +- name: (\w+)", path.read_text(encoding="utf-8"), re.M))
    missing = [p.stem for p in (ROOT / "dbt_project" / "models").rglob("*.sql") if p.stem not in described]
    assert not missing, f"{missing}: add a YAML beside the model with grain, columns and tests"


def test_sql_is_deterministic() -> None:
    forbidden = {
        r"\bany_value\(": "use min() or a row_number with a total order",
        r"\barg_(max|min)\(": "use a row_number with a total order",
        r"\b(first|last)\(": "use a row_number with a total order",
        r"\bdouble\b": "sums over DOUBLE depend on the order of rows; use DECIMAL",
        r"\brandom\(": "nothing is random; hash a key instead",
    }
    for path in sorted((ROOT / "dbt_project" / "models").rglob("*.sql")):
        text = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
        for pattern, mend in forbidden.items():
            assert not re.search(pattern, text), f"{path.relative_to(ROOT)} has {pattern}: {mend}"


def test_no_file_names_a_registry_or_this_machine() -> None:
    for path in sorted(ROOT.glob("*")) + [p for room in (*ROOMS, "docs", "tests") for p in (ROOT / room).rglob("*")]:
        if path.suffix not in {".py", ".md", ".yml", ".yaml", ".txt", ".in", ".sql", ".toml", ".csv"}:
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://[a-z0-9.-]*(py" + r"pi|pythonhosted|npm" + r"js)", text), (
            f"{path.name} names a registry"
        )
