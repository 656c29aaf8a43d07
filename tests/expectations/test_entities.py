"""Every canonical entity: a good row passes, and each of its promises broken once is held under the right rule."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from expectations.promises import suite
from expectations.rows import Judged, judge_rows
from ingest.entities import Entity, entities
from ingest.spec import BUILT_IN, Extract, Source, load
from ingest.values import FAILURES

GOOD = {
    "text": "T1", "code": "001", "codes": "a;b", "vin": "LSVAA2187C2000001", "plate": "陕A12345", "phone": "13800138001",
    "id_number": "11010519491231002X", "date": "2026-11-20", "timestamp": "2026-11-20 10:00:00", "money": "12.50",
    "number": "0.5", "integer": "3", "boolean": "是",
}  # fmt: skip
BROKEN = {
    "date": "2026-02-30", "timestamp": "2026-02-30 10:00:00", "money": "a lot", "number": "many", "integer": "1.5",
    "boolean": "perhaps",
}  # fmt: skip
SHAPES = {"vin": ("LSVAA2187O2000001", "not_a_vin"), "phone": ("1380013800", "not_a_phone")}
DESTROYED = "1.20305E+21"
PERSONAL = ("plate", "phone", "id_number")


def good_row(entity: Entity, number: int) -> dict[str, str]:
    """A row of its own key that keeps every promise, as text."""
    row = {name: column.codes[0] if column.codes else GOOD[column.type] for name, column in entity.columns.items()}
    own = next(name for name in entity.key if not entity.columns[name].codes)
    row[own] = f"LSVAA2187C2{number:06d}" if entity.columns[own].type == "vin" else f"K{number}"
    return row


def breaks(entity: Entity) -> list[tuple[dict[str, str], str]]:
    """(what to change in a good row, the rule it then breaks), for every promise of the entity."""
    found: list[tuple[dict[str, str], str]] = []
    for name, column in entity.columns.items():
        if column.required:
            found.append(({name: ""}, f"{name}:missing"))
        if column.type in FAILURES:
            found.append(({name: BROKEN[column.type]}, f"{name}:{FAILURES[column.type]}"))
        if column.codes:
            found.append(({name: "nothing like it"}, f"{name}:unknown_code"))
        if column.type in SHAPES:
            found.append(({name: SHAPES[column.type][0]}, f"{name}:{SHAPES[column.type][1]}"))
        if column.type == "text" and (name in entity.key or name.endswith("_number")):
            found.append(({name: DESTROYED}, f"{name}:destroyed_by_excel"))
        for bound, beyond in ((column.least, -1), (column.most, 1)):
            if bound is not None:
                found.append(({name: str(bound + beyond)}, f"{name}:out_of_range"))
    for _, second in entity.order:
        found.append(({second: "2026-11-19"}, f"{second}:not_after"))
    return found


@pytest.mark.parametrize("name", entities())
def test_a_good_row_passes_and_each_promise_broken_once_is_held_under_its_rule(name: str) -> None:
    entity = entities()[name]
    extract = Extract.model_validate({"entity": name, "files": ["*"], "columns": {c: c for c in entity.columns}})
    source = Source.model_validate(
        {"name": "s", "title": "S", "connection": "c", "owner": {"name": "n", "contact": "c"}, "path": Path("s.yaml"),
         "extracts": {"e": extract}, "content_hash": ""}
    )  # fmt: skip
    cases = breaks(entity)
    rows = [good_row(entity, 0)] + [good_row(entity, n) | change for n, (change, _) in enumerate(cases, start=1)]
    table = pa.table(
        {column: pa.array([row[column] for row in rows]) for column in entity.columns}
        | {"_row": pa.array(range(len(rows)), pa.int64())}
    )
    [found], _ = judge_rows([table], extract, source)
    assert isinstance(found, Judged), found
    assert found.rules.tolist() == ["", *(rule for _, rule in cases)]
    assert not {rule for rule in found.warnings if not rule.endswith("check_digit")}
    promised = {p.meta["rule"] for p in suite(entity, "vin").expectations if str(p.severity.value) == "critical"}
    assert promised - {"file:no_rows"} <= {rule for _, rule in cases}, "a promise that no row here breaks"


@pytest.mark.parametrize("name", entities())
def test_a_declaration_makes_sense(name: str) -> None:
    entity = entities()[name]
    assert entity.key and set(entity.key) <= set(entity.columns), "a key of columns that are not there"
    assert any(entity.columns[column].required for column in entity.key), "nothing of the key is required"
    for first, second in entity.order:
        kinds = {entity.columns[first].type, entity.columns[second].type}
        assert kinds <= {"date"} or kinds <= {"timestamp"}, "a date is compared with a moment: its last day drops out"
    for column, declared in entity.columns.items():
        assert not declared.codes or declared.type == "code", f"{column}: a list of codes on {declared.type}"
        if declared.least is not None or declared.most is not None:
            assert declared.type in ("money", "number", "integer"), f"{column}: bounds on {declared.type}"
        if declared.type in PERSONAL or (
            column.endswith(("_name", "_phone")) and column.startswith(("customer", "caller"))
        ):
            assert declared.personal, f"{column}: say that it is personal"
        if column.endswith("_rate"):
            assert declared.type == "number", f"{column}: a rate is a number from 0 to 1"
        if column.endswith("_on") or column in ("valid_from", "valid_to"):
            assert declared.type == "date", f"{column}: _on is a date"
        if column.endswith("_at"):
            assert declared.type == "timestamp", f"{column}: _at is a moment"
        if column.endswith("_amount"):
            assert declared.type == "money", f"{column}: _amount is yuan"


def test_every_input_of_the_business_is_declared() -> None:
    """DOMAIN §8."""
    inputs = """policy quote_request quote claim customer vehicle ownership_change vehicle_sale repair_order
        service_appointment voucher gift_issue entitlement_use concession commission_rate staff store channel
        channel_spend call call_result hotline_log customer_known_policy do_not_call consent complaint referral
        reward_point help_request training manager_decision staff_leave"""
    assert set(inputs.split()) == set(entities())


@pytest.mark.parametrize("name", entities())
def test_the_documentation_lists_every_entity_as_it_is_declared(name: str) -> None:
    entity = entities()[name]
    text = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
    meaning = entity.meaning.removeprefix("One row per ").rstrip(".")
    keys = ", ".join(f"`{key}`" for key in entity.key)
    line = f"| `{name}` | {entity.zh} | {meaning} | {entity.mode} | {keys} |"
    assert line in text, f"docs/sources.md, Entities: write {line}"


def test_a_wish_not_to_be_called_counts_even_if_its_number_cannot_be_read() -> None:
    dms = load(BUILT_IN / "dms.yaml")
    extract = dms.extracts["do_not_calls"]
    rows = [("D1", "C1", "13800138001"), ("D2", "C2", "1380013800"), ("D3", "C3", "1.38E+10"), ("", "C4", "")]
    table = pa.table(
        {
            "request_number": [row[0] for row in rows],
            "customer_id": [row[1] for row in rows],
            "phone": [row[2] for row in rows],
            "requested_on": ["2026-11-20"] * len(rows),
            "_row": pa.array(range(1, len(rows) + 1), pa.int64()),
        }
    )
    [found], _ = judge_rows([table], extract, dms)
    assert isinstance(found, Judged), found
    assert found.rules.tolist() == ["", "", "", "request_number:missing"]
    assert found.rows["phone"].to_pylist()[:3] == ["13800138001", None, None]
    assert dict(found.warnings) == {"phone:destroyed_by_excel": 1, "phone:not_a_phone": 1}


def test_contact_data_say_where_they_come_from_and_bought_ones_cannot() -> None:
    """DOMAIN §5: purchased or unknown origin is quarantined and never called."""
    for name in ("customer", "hotline_log", "consent", "referral"):
        origin = entities()[name].columns["data_origin"]
        assert origin.required and origin.codes == ("own_sale", "service", "policy", "customer_gave")
