"""Features are what was known at the freeze, and a night scores by the archived model."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dbt_project.propensity.scoring import Model, Numbers, Words
from tests.dbt_project import desk, group
from tests.dbt_project.small_night import Night, project_copy, run_night

FREEZE = "2026-09-01"
COLUMNS = "* exclude (frozen_on)"


def later(vin: str) -> dict[str, list[group.Row]]:
    """What may happen to a vehicle on the day of its freeze and afterwards."""
    order = {"store_id": "001", "vin": vin, "order_kind": "customer_paid"}
    return {
        "repair_order": [
            order | {"order_number": f"L1-{vin}", "opened_at": f"{FREEZE} 08:00:00"},
            order | {"order_number": f"L2-{vin}", "opened_at": "2026-10-01 08:00:00", "order_kind": "accident"},
        ],
        "claim": [desk.claim(f"L-{vin}", vin, FREEZE)],
        "complaint": [
            {"complaint_number": f"L-{vin}", "store_id": "001", "vin": vin, "opened_at": f"{FREEZE} 09:00:00",
             "topic": "service"},
        ],
        "quote": [desk.quote(f"L-{vin}", vin, f"{FREEZE} 10:00:00")],
        "policy": [
            group.next_year(f"9{vin[1:]}", vin, FREEZE),
        ],
        "vehicle_sale": [
            {"sale_number": f"L-{vin}", "store_id": "001", "vin": vin, "sold_on": FREEZE, "price_amount": "1.00"},
        ],
    }  # fmt: skip


def with_more(*more: dict[str, list[group.Row]]) -> dict[str, list[group.Row]]:
    """The rows of the desk's night, and more."""
    found = {entity: list(rows) for entity, rows in desk.entities().items()}
    for rows in more:
        for entity, given in rows.items():
            found[entity] = [*found.get(entity, []), *given]
    return found


def features(folder: Path, as_of: str, entities: dict[str, list[group.Row]]) -> dict[str, tuple[object, ...]]:
    """Vehicle -> its features for November 2026."""
    night = run_night(folder, as_of, entities, desk.archives(), select="+int_propensity_feature")
    where = f"where expiry_month = date '2026-11-01' and frozen_on = date '{FREEZE}'"
    found = night.rows(f"select vin, {COLUMNS} from work.intermediate.int_propensity_feature {where}")
    return {row[0]: row for row in found}


@pytest.fixture(scope="module")
def at_the_freeze(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[object, ...]]:
    return features(tmp_path_factory.mktemp("freeze"), FREEZE, with_more())


def test_what_happens_after_the_freeze_changes_no_feature(
    at_the_freeze: dict[str, tuple[object, ...]], tmp_path: Path
) -> None:
    endorsement = group.last_year("30", "V03", endorsement_number="E1", endorsement_type="change", signed_on=FREEZE,
                                  premium_amount="-900.00", covers="third_party;vehicle_damage")  # fmt: skip
    entities = with_more(*map(later, at_the_freeze), {"policy": [endorsement]})
    known = features(tmp_path, "2026-11-24", entities)
    assert len(at_the_freeze) >= 6
    assert {vin: known.get(vin) for vin in at_the_freeze} == at_the_freeze


def test_what_happens_before_the_freeze_is_seen(at_the_freeze: dict[str, tuple[object, ...]], tmp_path: Path) -> None:
    earlier = {
        "claim": [desk.claim("B-V03", "V03", "2026-08-31")],
        "repair_order": [
            {"order_number": "B-V03", "store_id": "001", "vin": "V03", "order_kind": "customer_paid",
             "opened_at": "2026-08-31 08:00:00"},
        ],
    }  # fmt: skip
    found = features(tmp_path, FREEZE, with_more(earlier))
    assert found["V03"] != at_the_freeze["V03"]
    assert {vin: row for vin, row in found.items() if vin != "V03"} == {
        vin: row for vin, row in at_the_freeze.items() if vin != "V03"
    }


MODEL = Model(
    base=-200_000,
    features={
        "segment": Words({"insured_here_last_year": 900_000}, other=-400_000, unknown=0),
        "store_id": Words({"001": 2_000_000}, other=0, unknown=0),
        "visits": Numbers((1.0,), (-100_000, 300_000), unknown=0),
    },
    sums=(-4.0, 4.0),
    rates=(0.1, 0.9),
    facts={"seen_to_month": "2026-10-01", "card": "<!doctype html>"},
)
ARCHIVES = {"propensity_model": [row | {"_as_of": "2026-11-23"} for row in MODEL.rows()]}


def few_are_enough(folder: Path) -> Path:
    """A copy of the project in which one vehicle of each kind is enough to learn from."""
    project = project_copy(folder)
    seed = project / "dbt_project" / "seeds" / "universe" / "renewal_parameter.csv"
    text = seed.read_text(encoding="utf-8")
    for before, after in (("history_months,12", "history_months,0"), ("least_vehicles,2000", "least_vehicles,3"),
                          ("least_each,300", "least_each,1")):  # fmt: skip
        assert f"propensity_{before}," in text
        text = text.replace(f"propensity_{before},", f"propensity_{after},")
    seed.write_text(text, encoding="utf-8")
    return project


def matured() -> dict[str, list[group.Row]]:
    """Nine vehicles whose months have matured; four of them renewed, one of these before its freeze."""
    found = []
    for month in range(3, 10):
        day, vin = f"{month:02d}-15", f"M{month:02d}"
        found.append(group.policy(f"7{month}", vin, f"2025-{month:02d}-01", f"2025-{day}", f"2026-{month:02d}-14"))
    for vin in ("M91", "M92"):
        found.append(group.policy(vin[1:], vin, "2024-12-01", "2024-12-15", "2025-12-14"))
    found.append(group.policy("81", "M91", "2025-12-01", "2025-12-15", "2026-12-14"))
    found.append(group.policy("87", "M07", "2026-06-20", "2026-07-15", "2027-07-14"))
    found.append(group.policy("83", "M03", "2026-03-01", "2026-03-15", "2027-03-14"))
    found.append(group.policy("89", "M09", "2026-06-20", "2026-09-15", "2027-09-14"))
    return {"policy": found}


@pytest.fixture(scope="module")
def scored_night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder = tmp_path_factory.mktemp("scored")
    entities = with_more(matured())
    night = run_night(
        folder, group.AS_OF, entities, desk.archives() | ARCHIVES, project=few_are_enough(folder / "project")
    )
    assert night.exit_code == 0, night.stderr
    return night


def test_a_night_scores_by_the_archived_model_and_only_months_that_it_has_not_seen(scored_night: Night) -> None:
    [basis] = scored_night.rows(
        "select status, model_as_of, model_seen_to_month from analytics.marts.fct_propensity_basis"
    )
    assert basis == ("model", date(2026, 11, 23), date(2026, 10, 1))
    found = dict(
        scored_night.rows("""
            select vin, (propensity_basis, propensity_rate::varchar, reason_1, reason_2, reason_3)
            from work.intermediate.int_due_propensity where expiry_month in ('2026-11-01', '2026-08-01')
        """)
    )  # -0.2 + 0.9 + 2 - 0.1 = 2.6 log-odds, on a line from (-4, 0.1) to (4, 0.9)
    assert found["V03"] == ("model", "0.760000", "segment_up", "visits_down", None)
    assert found["M08"][0] == "segment_target" and found["M08"][2:] == (None, None, None)


def test_the_reasons_stand_on_the_call_list(scored_night: Night) -> None:
    found = scored_night.rows("""
        select distinct propensity_basis, propensity_reason_1, propensity_reason_3 from analytics.marts.fct_call_list
    """)
    assert ("model", "segment_up", None) in found and all(row[0] == "model" for row in found)


def test_cases_of_matured_months_are_published_to_learn_from_with_their_part(scored_night: Night) -> None:
    found = scored_night.rows("""
        select expiry_month, part, is_renewed_here, segment from analytics.marts.fct_propensity_feature
        order by all
    """)
    by_month = {month: (part, renewed) for month, part, renewed, _ in found}
    assert by_month[date(2026, 3, 1)] == ("calibrate", True)
    assert by_month[date(2026, 8, 1)] == ("hold_out", False)
    assert by_month[min(by_month)][0] == "learn"
    assert date(2026, 9, 1) not in by_month  # had renewed by its freeze
    assert date(2026, 11, 1) not in by_month


def test_without_enough_data_the_segments_rate_counts_even_if_there_is_a_model(tmp_path: Path) -> None:
    night = run_night(
        tmp_path, group.AS_OF, with_more(matured()), desk.archives() | ARCHIVES,
        select="+int_due_propensity +fct_propensity_feature",
    )  # fmt: skip
    assert night.rows("select status from work.intermediate.int_propensity_basis") == [("too_little_data",)]
    assert night.rows("select count(*) from work.intermediate.int_due_propensity where propensity_basis = 'model'") == [
        (0,)
    ]
    assert night.rows("select count(*) from analytics.marts.fct_propensity_feature") == [(0,)]
