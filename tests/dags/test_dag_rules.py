"""Fleet rules of the DAG files: each message says how to mend what it finds."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DAG_FILES = [
    p for p in sorted((ROOT / "dags").glob("*.py")) if p.name not in ("__main__.py", "settings.py", "__init__.py")
]


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda p: p.stem)
def test_a_dag_file_imports_only_airflow_and_pendulum_at_its_top(path: Path) -> None:
    allowed = {"__future__", "os", "airflow", "pendulum"}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            for name in names:
                assert str(name).split(".")[0] in allowed, (
                    f"{path.name} imports {name} at the top: move it into the task, the scheduler parses this file often"
                )


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda p: p.stem)
def test_a_task_is_composition_only(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"\bselect\b.+\bfrom\b.+\bwhere\b", source.lower(), re.S), (
        f"{path.name} holds SQL: move it to dbt_project/"
    )
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and any("task" in ast.unparse(d) for d in node.decorator_list):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            assert ast.get_docstring(node), f"{path.name}:{node.name}: tell the person on call what red means here"
            assert len(body) <= 4, f"{path.name}:{node.name}: a task calls one function; move the rest into it"


def test_a_dag_file_is_not_called_dbt_something() -> None:
    for path in DAG_FILES:
        assert not path.stem.startswith("dbt_"), f"{path.name}: dbt imports top-level modules of that name; rename it"


def loaded(name: str):
    """The DAG that a file of dags/ makes."""
    import importlib.util

    spec = importlib.util.spec_from_file_location(f"{name}_under_test", ROOT / "dags" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    from airflow.sdk import DAG

    made = [value for value in vars(module).values() if isinstance(value, DAG)]
    return made[0] if made else getattr(module, name)()


@pytest.fixture(scope="module")
def nightly():
    return loaded("nightly")


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda p: p.stem)
def test_a_dag_has_a_real_data_interval_and_runs_alone(path: Path) -> None:
    made = loaded(path.stem)
    assert made.dag_id == path.stem
    assert "CronDataInterval" in type(made.timetable).__name__, (
        "a bare cron string has a zero-width interval in Airflow 3; use CronDataIntervalTimetable"
    )
    assert made.max_active_runs == 1 and made.catchup is False, "two runs of a DAG would work in one home"


def test_a_month_is_closed_from_a_published_night() -> None:
    assert loaded("monthly_close").get_task("close").upstream_task_ids == {"published"}


@pytest.mark.parametrize(("name", "task"), [("weekly_report", "write"), ("monthly_close", "statements")])
def test_reports_are_written_from_a_published_night_then_join_its_outbox_then_leave(name: str, task: str) -> None:
    made = loaded(name)
    assert "published" in made.get_task(task).upstream_task_ids
    assert made.get_task("outbox").upstream_task_ids == {"published", task}
    assert made.get_task("deliver").upstream_task_ids == {"channels", "outbox", "published"}


def test_a_months_statements_wait_for_its_closing() -> None:
    assert "close" in loaded("monthly_close").get_task("statements").upstream_task_ids


def test_a_model_is_learned_from_a_published_night_and_then_archived() -> None:
    made = loaded("train_propensity")
    assert made.get_task("train").upstream_task_ids == {"published"}
    assert made.get_task("keep").upstream_task_ids == {"train"}


def test_only_one_build_runs_at_a_time(nightly) -> None:
    assert nightly.get_task("build").pool == "xubao_build", (
        "max_active_runs does not bound a backfill; use the one-slot pool"
    )
    assert nightly.max_active_runs == 1 and nightly.catchup is False


def test_the_managers_are_told_of_every_channels_trouble_before_the_verdict(nightly) -> None:
    assert nightly.get_task("deliver").upstream_task_ids == {"channels", "publish", "call_lists"}
    assert nightly.get_task("tell").upstream_task_ids == {"deliver", "publish"}
    assert nightly.get_task("tell").trigger_rule == "all_done", "one channel's red must not silence the others"
    assert nightly.get_task("verdict").upstream_task_ids >= {"deliver", "tell", "channels", "publish"}


def test_the_build_runs_whatever_the_sources_say(nightly) -> None:
    assert nightly.get_task("build").trigger_rule == "all_done"
    assert nightly.get_task("verdict").trigger_rule == "all_done"
