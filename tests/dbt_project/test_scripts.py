"""What staff are told to say: every combination has exactly one script, and no text shows a hole (DOMAIN §6)."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt_project.compiled import compiled, relations

SEEDS = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds"
KEYS = ("situation", "objection", "step", "segment")
DAY = date(2026, 11, 24)
ANY: dict[str, tuple[str | None, ...]] = {
    "situation": ("claimed_renewal", "promised", "lapsed", "last_10_days", "first_call", "no_answer", "follow_up"),
    "objection": ("none", "process", "price", "competitor", "relationship", "contact", "vehicle_gone", "service",
                  "cover_or_insurer", "gift", "out_of_town", "other"),
    "step": ("preparation", "step_1", "step_2", "step_3", "recall"),
    "segment": ("insured_here_last_year", "policy_known", "phone_only", "local_recent_service", "local_lapsed_service",
                "out_of_town", None),
}  # fmt: skip
FACTS: dict[str, Any] = {
    "customer_name": "王女士", "store_name": "西安一店", "staff_name": "赵伟", "model": "途观L", "role": "renewal_specialist",
    "first_expires_on": DAY, "days_left": 7, "expiring_insurer_code": "PICC", "claim_free_years": 3,
    "quoted_amount": "3055.00", "quoted_insurer_code": "PAIC", "quote_change_rate": "-0.0600",
}  # fmt: skip
"""What is known of a customer; first_expires_on is unknown if the expiry is estimated."""
HOLE = re.compile(r"[{}\[\]|]|None|null|NULL|  |[，。]{2}|，。|^[，。]| [.,?!]|\.\.|\?\.")

Row = dict[str, Any]


def seed(name: str) -> list[Row]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def best(row: Row, scripts: list[Row]) -> list[Row]:
    """The scripts that fit a row, the most specific first."""
    fits = [script for script in scripts if all(script[key] in ("*", row[key]) for key in KEYS)]
    return sorted(fits, key=lambda script: [script[key] == "*" for key in KEYS])


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """(rows, scripts) → what the compiled model says, by row id: (script_zh, script_en)."""
    tables, _ = compiled()
    model = next(made for made in tables if made["relation"].endswith(".int_call_script"))
    read = {name.rsplit(".", 1)[1]: name for name in relations(model["sql"]) if name.count(".") == 2}
    with duckdb.connect() as connection:
        for name in sorted({name.split(".")[0] for name in read.values()}):
            connection.execute(f"attach ':memory:' as {name}")
        for name in sorted({name.rsplit(".", 1)[0] for name in read.values()}):
            connection.execute(f"create schema if not exists {name}")

        def table(name: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
            connection.execute(f"create or replace table {read[name]} ({columns})")
            marks = ", ".join("?" for _ in columns.split(","))
            connection.executemany(f"insert into {read[name]} values ({marks})", rows) if rows else None

        def ask(rows: list[Row], scripts: list[Row]) -> dict[str, tuple[str, str]]:
            made = [(str(number), row) for number, row in enumerate(rows)]
            get = lambda row, *names: tuple(row.get(name) for name in names)  # noqa: E731
            table("int_call_row_cut", "list_id text, row_id text, store_id text, vin text, expiry_month date,"
                  " list_for_on date, is_listed bool, expiry_is_estimated bool, customer_name text, model text, role text,"
                  " first_expires_on date, days_left integer, expiring_insurer_code text, quoted_amount number,"
                  " quote_change_rate number, step text, segment text".replace("number", "double"),
                  [(n, n, "001", n, DAY, DAY, True, row.get("first_expires_on") is None,
                    *get(row, "customer_name", "model", "role"), DAY,
                    *get(row, "days_left", "expiring_insurer_code", "quoted_amount", "quote_change_rate", "step", "segment"))
                   for n, row in made])  # fmt: skip
            table("int_call_row_word", "list_id text, row_id text, situation text, objection text",
                  [(n, n, *get(row, "situation", "objection")) for n, row in made])  # fmt: skip
            table("call_list_recipient", "list_id text, store_name text, staff_name text",
                  [(n, *get(row, "store_name", "staff_name")) for n, row in made])  # fmt: skip
            table("int_call_quote_match", "vin text, quoted_insurer_code text",
                  [(n, *get(row, "quoted_insurer_code")) for n, row in made])  # fmt: skip
            table("int_claim_free", "store_id text, vin text, expiry_month date, claim_free_years bigint",
                  [("001", n, DAY, *get(row, "claim_free_years")) for n, row in made])  # fmt: skip
            table("int_script_resolve", "situation text, step text, segment text, objection text, store_id text,"
                  " effective_from date, effective_to date, zh text, en text",
                  [(*get(row, "situation", "step", "segment", "objection"), "001", row["effective_from"],
                    row["effective_to"], row["zh"], row["en"]) for row in scripts])  # fmt: skip
            words = {"zh": {row["key"]: row["zh"] for row in seed("label")},
                     "en": {row["key"]: row["en"] for row in seed("label")}}  # fmt: skip
            connection.execute(f"create or replace table {read['int_text_map']} as select ?::map(text, text) as zh,"
                               " ?::map(text, text) as en", [words["zh"], words["en"]])  # fmt: skip
            found = connection.execute(model["sql"]).fetchall()
            return {row_id: (zh, en) for _, row_id, zh, en in found}

        yield ask


def test_every_combination_has_exactly_one_script_the_most_specific(said: Any) -> None:
    """The text of a script that is its key tells which one was taken."""
    scripts = seed("calls/script")
    named = [row | {"zh": "/".join(row[key] for key in KEYS), "en": "-"} for row in scripts]
    rows = [dict(zip(KEYS, values, strict=True)) for values in itertools.product(*(ANY[key] for key in KEYS))]
    found = said(rows, named)
    assert len(found) == len(rows) == 2940
    expected = {str(number): best(row, named)[0]["zh"] for number, row in enumerate(rows)}
    assert {number: zh for number, (zh, _) in found.items()} == expected
    used = set(expected.values())
    assert used == {row["zh"] for row in named}, "a script that no customer can ever hear"


def test_a_script_counts_on_the_days_of_its_row_only(said: Any) -> None:
    row = {"situation": "first_call", "objection": "none", "step": "step_1", "segment": "phone_only"}
    ever = {"effective_from": "2000-01-01", "effective_to": "9999-12-31", "en": "-"}
    scripts = [
        dict.fromkeys(KEYS, "*") | row | ever | {"zh": "明年再说。", "effective_from": "2026-11-25"},
        dict.fromkeys(KEYS, "*") | {"situation": "first_call"} | ever | {"zh": "今天就说。"},
    ]
    assert said([row], scripts)["0"][0] == "今天就说。"


def test_no_missing_fact_leaves_a_hole_in_any_script(said: Any) -> None:
    """All facts, none, each one missing, each one alone, each two missing: every script still is whole sentences."""
    scripts, names = seed("calls/script"), list(FACTS)
    missing = [(), tuple(names), *((name,) for name in names), *itertools.combinations(names, 2),
               *(tuple(other for other in names if other != name) for name in names)]  # fmt: skip
    rows = []
    for script in scripts:
        only = {key: ANY[key] for key in KEYS} | {key: (script[key],) for key in KEYS if script[key] != "*"}
        fits = (dict(zip(KEYS, values, strict=True)) for values in itertools.product(*(only[key] for key in KEYS)))
        key = next(row for row in fits if best(row, scripts)[0] is script)
        days = {"days_left": -4} if script["situation"] == "lapsed" else {}
        rows += [{name: value for name, value in (FACTS | days).items() if name not in gone} | key for gone in missing]
    found = said(rows, scripts)
    assert len(found) == len(rows) > 4000
    for number, (zh, en) in found.items():
        row = rows[int(number)]
        assert not HOLE.search(zh) and zh[-1] in "。？" and len(zh) > 30, (zh, row)
        assert not HOLE.search(en) and en[-1] in ".?" and len(en) > 60 and en[0].isupper(), (en, row)
        store = row.get("store_name", "本店")
        assert re.match(rf"(王女士)?您好，我是{store}的", zh), zh  # who calls, before anything else
        known = {"store_name": "西安一店", "customer_name": "王女士", "quoted_amount": "3055元"}
        assert not [value for name, value in known.items() if name not in row and value in zh], zh
    texts = "".join(zh for zh, _ in found.values())
    assert all(
        told in texts for told in ("3055元", "低6%", "途观L", "连续3年", "还有7天", "第4天", "11月24日", "中国人保")
    )


def test_what_a_customer_is_called_cannot_act_as_a_placeholder(said: Any) -> None:
    row = {"situation": "first_call", "objection": "none", "step": "step_1", "segment": "phone_only"}
    zh, _ = said([row | FACTS | {"customer_name": "{model}[a|b]"}], seed("calls/script"))["0"]
    assert zh.startswith("{model}[a|b]您好，我是西安一店的续保专员赵伟。")


def test_a_script_is_made_of_known_facts_and_well_formed_choices() -> None:
    known = {"opening", "customer", "store", "role", "staff", "model", "first_expires_on", "days_left", "days_lapsed",
             "insurer", "claim_free_years", "quoted_amount", "quoted_insurer", "lower_percent"}  # fmt: skip
    for row in seed("calls/script"):
        for text in (row["zh"], row["en"]):
            assert text.startswith("{opening}") and text.count("{opening}") == 1
            assert set(re.findall(r"\{(.*?)\}", text)) <= known, text
            outside = re.sub(r"\[[^\[\]]*\]", "", text)
            assert not re.search(r"[\[\]|]", outside) and "{" not in outside.removeprefix("{opening}"), text
        assert all(row[key] == "*" or row[key] in ANY[key] for key in KEYS)
