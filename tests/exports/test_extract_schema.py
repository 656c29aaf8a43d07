"""The extracts keep their columns: what a program reads today it reads tomorrow, or the first number of the version says no."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.audit import audit
from exports.extract_schema import Tables, declared, promised, raised, written
from exports.publish import publish

ROOT = Path(__file__).resolve().parents[2]
NAMES = st.text("abc", min_size=1, max_size=2)
TABLES = st.dictionaries(
    NAMES, st.dictionaries(NAMES, st.sampled_from(["BIGINT", "VARCHAR"]), min_size=1, max_size=4), max_size=3
)


def test_the_models_keep_the_promise() -> None:
    now, before = declared(), promised()
    assert json.dumps(now) == json.dumps(before["tables"]), (
        f"columns of the extracts changed: that is version {raised(before['version'], before['tables'], now)}. If it is "
        "meant, run `python -m exports.extract_schema` and say it in CHANGELOG.md; a reader may break when the first number rises"
    )


def test_the_changelog_names_the_version_in_force() -> None:
    assert f"extracts {promised()['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("now", "version"),
    [
        ({"t": {"a": "BIGINT", "b": "DATE"}}, "1.4"),
        ({"t": {"a": "BIGINT", "b": "DATE", "c": "DATE"}}, "1.5"),
        ({"t": {"a": "BIGINT", "b": "DATE"}, "u": {"a": "DATE"}}, "1.5"),
        ({"t": {"b": "DATE", "a": "BIGINT"}}, "2.0"),
        ({"t": {"a": "BIGINT"}}, "2.0"),
        ({"t": {"a": "VARCHAR", "b": "DATE"}}, "2.0"),
        ({"t": {"c": "DATE", "a": "BIGINT", "b": "DATE"}}, "2.0"),
        ({}, "2.0"),
    ],
)
def test_what_can_break_a_reader_raises_the_first_number(now: Tables, version: str) -> None:
    assert raised("1.4", {"t": {"a": "BIGINT", "b": "DATE"}}, now) == version


@given(TABLES, TABLES)
def test_a_reader_of_before_finds_everything_unless_the_first_number_rose(before: Tables, now: Tables) -> None:
    version = raised("3.7", before, now)
    finds = all(
        table in now and list(now[table].items())[at : at + 1] == [column]
        for table, columns in before.items()
        for at, column in enumerate(columns.items())
    )
    assert (version == "4.0") is not finds
    assert json.loads(written(version, now)) == {"version": version, "tables": now}


def test_the_promise_goes_out_beside_the_extracts(make_build: Callable[..., Path]) -> None:
    build = make_build()
    audit(build)
    folder = publish(build, rebuild=False) / "extracts"
    assert json.loads((folder / "schema.json").read_text(encoding="utf-8")) == promised()
