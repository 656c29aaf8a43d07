"""Every code that stands in a table has its words in both languages in dim_label."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from exports.dictionary import declared_models, meta
from ingest.entities import entities
from tests.dbt_project.small_night import Night

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "dbt_project"
ROOMS = {"marts": "analytics.marts", "restricted": "restricted.restricted", "measured": "analytics.measured"}
OUT = {name: model for name, model in declared_models().items() if model["room"] in ROOMS}

NO_CODE = re.compile(
    r"(^|_)(id|key|number|name|zh|en|hash|sha8|sha256|phone|vin|tail|last_6|masked|prefixes|owner|approver|email)$"
)
WORDS = {
    "agreement": "worded in dim_insurer_agreement (zh, en): a store may add its own",
    "answered_by": "a staff id",
    "approver_role": "several roles joined",
    "approver_roles": "several roles joined",
    "book_roles": "several roles joined",
    "brand": "as the source writes it",
    "call_reason": "finished words",
    "campaign": "worded in the seed campaign (zh, en): a store's own",
    "city": "as the source writes it",
    "code": "worded in the row itself (dropdown.zh, en)",
    "columns": "names of columns",
    "declared_kinds": "JSON",
    "entity": "worded in ingest/entities (zh, meaning)",
    "expiring_covers": "several covers joined; each is cover.<code>",
    "extract": "a name of the source's spec",
    "faults": "JSON",
    "gaps": "several gaps joined; each is gap.<code>",
    "group_code": "of four kinds: segment, trade_type, insurer, staff id",
    "last_result": "finished words on the list; a code elsewhere",
    "last_year_covers": "finished words",
    "last_year_insurer": "finished words",
    "meaning": "a sentence",
    "model": "as the source writes it",
    "notices": "finished words",
    "objection_note": "the person's words",
    "offer_package": "finished words",
    "package": "worded in dim_gift_package (zh, en): a store's own",
    "parameter": "explained beside it (dim_parameter.meaning)",
    "payment_frequency": "as the insurer writes it",
    "reasons": "finished words",
    "recipient": "a staff id, general_manager or a source",
    "region": "as the insurer writes it",
    "renewable_segments": "several segments joined",
    "required_covers": "several covers joined; each is cover.<code>",
    "rule": "explained in dim_rule",
    "rules": "JSON",
    "sales_channel": "as the insurer writes it",
    "script": "finished words",
    "script_problem": "the caller's words",
    "seed": "a name of a file",
    "source": "a name of a spec",
    "statement_adjustment.reason": "several kinds with their counts",
    "store_roles": "several roles joined",
    "subject": "a VIN or a customer id",
    "target": "worded in ingest/entities (zh, meaning)",
    "today_action": "finished words",
    "unit": "a word beside a number of dim_parameter",
    "warnings": "JSON",
}
"""Columns (or table.column) of text that hold no code with words of its own, and why."""

NOT_IN_MARTS = {
    ("claim", "status"),
    ("voucher", "status"),
    ("hotline_log", "outcome"),
    ("consent", "purpose"),
    ("result_code", "effect"),
    ("int_claim_free", "state"),
    ("incentive_rule", "step"),  # numbers of steps and tiers
    ("bonus_tier", "tier"),
    ("concession_ladder", "step"),
    ("hotline_response_band", "band"),  # called response_band in the mart
}
"""(input, seed or model, column): codes that share a column's name but do not get there as they are."""


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def labels() -> frozenset[str]:
    """Keys of dim_label, from the seeds that it is made of."""
    kinds = {
        "calls/result_code": ("result", "result"),
        "calls/loss_reason": ("loss_reason", "loss_reason"),
        "calls/call_action": ("action", "action"),
        "rates/early_renewal_band": ("early_renewal_band", "band"),
        "hotline/hotline_response_band": ("hotline_response_band", "band"),
    }
    found = {row["key"] for row in rows_of(PROJECT / "seeds" / "label.csv")}
    for seed, (kind, column) in kinds.items():
        found |= {f"{kind}.{row[column]}" for row in rows_of(PROJECT / "seeds" / f"{seed}.csv")}
    return frozenset(found)


def coded() -> Iterator[tuple[str, str, str]]:
    """(table, column, kind of labels) of every column that says its labels."""
    for table, model in OUT.items():
        for column in model["columns"]:
            if kind := meta(column).get("label"):
                yield table, column["name"], str(kind)


@cache
def kinds_of() -> dict[str, set[str]]:
    """Column name -> the kinds of labels it has in any table."""
    found: dict[str, set[str]] = {}
    for _, column, kind in coded():
        found.setdefault(column, set()).add(kind)
    return found


def unworded(column: str, codes: set[str]) -> set[str]:
    """Codes that no kind of labels of a column's name words as a whole; empty if one does."""
    lacking = [{code for code in codes if f"{kind}.{code}" not in labels()} for kind in sorted(kinds_of()[column])]
    return min(lacking, key=len)


def values_in(expression: str) -> Iterator[tuple[str, set[str]]]:
    """(column, codes) of every `column in ('a', 'b')` of an expression."""
    for column, inside in re.findall(r"(\w+)\s+in\s+\(([^()]*)\)", expression):
        yield column, set(re.findall(r"'([^']*)'", inside))


def test_every_row_of_words_is_in_both_languages() -> None:
    rows = rows_of(PROJECT / "seeds" / "label.csv")
    assert len({row["key"] for row in rows}) == len(rows)
    assert not [row["key"] for row in rows if not (row["zh"].strip() and row["en"].strip())]


def test_every_column_of_text_names_its_labels_or_is_known_to_hold_none() -> None:
    unknown, named = set(), set()
    for table, model in OUT.items():
        for column in model["columns"]:
            name = column["name"]
            if not column["data_type"].startswith("varchar") or meta(column).get("label") or NO_CODE.search(name):
                continue
            known = {name, f"{table}.{name}"} & set(WORDS)
            named |= known
            unknown |= set() if known else {f"{table}.{name}"}
    assert not unknown, f"{sorted(unknown)}: name the labels of its codes (config.meta.label), or say in WORDS why not"
    assert set(WORDS) <= named, f"no column needs {sorted(set(WORDS) - named)} any more"


def test_every_kind_of_labels_that_a_column_names_has_rows() -> None:
    kinds = {key.rsplit(".", 1)[0] for key in labels()}
    assert {kind for *_, kind in coded()} <= kinds


def test_codes_that_the_tests_of_a_table_allow_are_worded() -> None:
    for table, column, kind in coded():
        for test in OUT[table].get("data_tests") or []:
            expression = str((test.get("always") or {}).get("arguments", {}).get("expression", ""))
            for name, codes in values_in(expression):
                missing = {code for code in codes if f"{kind}.{code}" not in labels()} if name == column else set()
                assert not missing, f"{table}.{column}: {sorted(missing)} have no row {kind}.<code> in label.csv"


def test_accepted_values_of_seeds_are_worded() -> None:
    seen = 0
    for path in sorted(path for room in ("models", "seeds") for path in (PROJECT / room).rglob("*.yml")):
        loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for thing in [*(loaded.get("seeds") or []), *(loaded.get("models") or [])]:
            for column in thing.get("columns") or []:
                for test in column.get("data_tests") or []:
                    if not (isinstance(test, dict) and "accepted_values" in test):
                        continue
                    if column["name"] in kinds_of() and (thing["name"], column["name"]) not in NOT_IN_MARTS:
                        seen += 1
                        codes = set(map(str, test["accepted_values"]["arguments"]["values"]))
                        assert not unworded(column["name"], codes), f"{thing['name']}.{column['name']}"
    assert seen


def test_codes_that_a_case_gives_are_worded() -> None:
    seen = set()
    for path in sorted((PROJECT / "models").rglob("*.sql")):
        text = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
        for inside, column in re.findall(r"\bcase\b((?:(?!\bcase\b|\bend\b).)*)\bend as (\w+)", text, re.S):
            codes = set(re.findall(r"\b(?:then|else)\s+'([^']+)'", inside))
            kinds = kinds_of().get(column)
            if codes and kinds and (path.stem, column) not in NOT_IN_MARTS:
                own = {kind for table, name, kind in coded() if (table, name) == (path.stem, column)}
                lacking = {code for code in codes if own and f"{min(own)}.{code}" not in labels()}
                missing = lacking if own else unworded(column, codes)
                assert not missing, f"{path.name}: {column} can be {sorted(missing)}, which no row of label.csv words"
                seen.add(column)
    assert len(seen) > 10


def test_codes_of_seeds_are_worded() -> None:
    seen = set()
    for path in sorted((PROJECT / "seeds").rglob("*.csv")):
        rows = rows_of(path)
        for column in sorted(set(rows[0]) & set(kinds_of())) if rows else ():
            codes = {row[column] for row in rows} - {"", "*"}
            if (path.stem, column) in NOT_IN_MARTS:
                continue
            if (path.stem, column) == ("cascade_step", "step"):
                codes = {f"step_{code}" for code in codes}
            missing = unworded(column, codes)
            assert not missing, f"{path.name}: {column} {sorted(missing)} have no row in label.csv"
            seen.add((path.stem, column))
    assert {("entitlement", "entitlement"), ("segment_target", "tier"), ("concession_ladder", "authority")} <= seen


def test_codes_of_inputs_that_reach_a_mart_are_worded() -> None:
    for entity in entities().values():
        for name, column in entity.columns.items():
            if column.codes and name in kinds_of() and (entity.name, name) not in NOT_IN_MARTS:
                missing = unworded(name, set(column.codes))
                assert not missing, f"{entity.name}.{name}: {sorted(missing)} have no row in label.csv"


def test_every_code_on_the_nights_is_worded(first_night: Night, desk_night: Night, offer_night: Night) -> None:
    for night in (first_night, desk_night, offer_night):
        known = {key for (key,) in night.rows("select key from analytics.marts.dim_label")}
        for table, column, kind in coded():
            place = f"{ROOMS[OUT[table]['room']]}.{table}"
            query = f"select distinct unnest(string_split({column}, '/')) from {place} where {column} is not null"
            missing = {code for (code,) in night.rows(query) if f"{kind}.{code}" not in known}
            assert not missing, f"{table}.{column}: {sorted(missing)} have no words {kind}.<code> in dim_label"
