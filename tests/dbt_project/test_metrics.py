"""One definition for each KPI, in both languages, and the tables hold what it says."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exports.dictionary import chinese, declared_models, meta
from exports.metrics import Metric, grain, metrics
from tests.dbt_project.small_night import Night, run_night

ROOT = Path(__file__).resolve().parents[2]
LABELS = {row["key"] for row in csv.DictReader((ROOT / "dbt_project/seeds/label.csv").open(encoding="utf-8"))}
ROOMS = {"marts": "analytics.marts", "restricted": "restricted.restricted", "measured": "analytics.measured"}
OUT = {name: model for name, model in declared_models().items() if model["room"] in ROOMS}
KPIS = {name: model for name, model in OUT.items() if name.startswith("kpi_") or name.endswith("bonus_monthly")}
RATIO = re.compile(r"_rate$|_share$|^average_|^median_|_per_\w+_amount$|coverage$|_rate_by_")

HOMONYMS = {
    "attainment_rate": "of the target, of the bonus, of a channel manager: each ÷ the denominator beside it",
    "base_amount": "of a person, and summed over the store",
    "bonus_amount": "of a person, of a channel manager, and summed over the store",
    "budget_amount": "of gifts, and of an insurer's channel",
    "insured_here": "the denominator of churn (last year's), the numerator of the new-car rate",
    "open": "of a due vehicle's outcome, and of a step",
    "refused": "by a customer, and of a file",
    "renewed_vehicles": "of the rows' own denominator: the book, the insurer, the period, the channel",
    "repair_amount": "ordered in the workshop, and assessed by the insurer",
    "requests": "for a quotation, and for help",
    "target_rate": "of the rate beside it: renewals, new cars",
    "vehicle_share": "of an insurer, and of a step of the ladder",
}
"""Columns whose name means another thing in another mart; each stands beside its own denominator."""


def columns(mart: str) -> dict[str, str]:
    """Column -> declared type."""
    return {column["name"]: column["data_type"] for column in OUT[mart]["columns"]}


def carried() -> Iterator[tuple[str, Metric]]:
    """(mart, metric) for every mart that has it."""
    for metric in metrics():
        for mart in (metric.mart, *metric.also_in):
            yield mart, metric


def test_every_metric_is_defined_once_and_in_both_languages() -> None:
    names = [metric.name for metric in metrics()]
    assert len(names) == len(set(names))
    titles = [title for metric in metrics() for title in (metric.zh, metric.en)]
    assert sorted(title for title in set(titles) if titles.count(title) > 1) == []
    for metric in metrics():
        words = (metric.zh, metric.en, metric.formula_zh, metric.formula_en)
        assert all(words), f"{metric.name}: a name or a formula is missing in one language"
        assert re.search(r"[\u4e00-\u9fff]", metric.zh) and re.search(r"[\u4e00-\u9fff]", metric.formula_zh), (
            metric.name
        )
        assert not re.search(r"[\u4e00-\u9fff]", metric.en + metric.formula_en), metric.name
        assert f"unit.{metric.unit}" in LABELS, f"{metric.name}: give unit {metric.unit} a row in label.csv"
        assert metric.better in ("", "higher", "lower"), metric.name
        assert re.fullmatch(r"(L\d+(-\d+)?|§\d)", metric.source), f"{metric.name}: source is a line or a section"
        assert metric.unit != "rate" or metric.denominator or metric.column, f"{metric.name}: of what is it a share?"
        assert ("÷" in metric.formula_en) == ("÷" in metric.formula_zh) >= bool(metric.denominator), metric.name


def test_the_seeds_that_a_definition_names_exist() -> None:
    seeds = {path.stem for path in (ROOT / "dbt_project" / "seeds").rglob("*.csv")}
    named = {name for metric in metrics() for name in re.findall(r"\bseed (\w+)", metric.formula_en)}
    assert named and named <= seeds, f"there is no seed {sorted(named - seeds)}"
    for metric in metrics():
        for name in re.findall(r"\bseed (\w+)", metric.formula_en):
            assert name in metric.formula_zh, metric.name


def test_a_metric_that_a_mart_names_is_defined_somewhere() -> None:
    defined = {metric.name for metric in metrics()}
    named = {name for model in OUT.values() for name in meta(model).get("metrics") or [] if isinstance(name, str)}
    assert named <= defined, f"nobody defines {sorted(named - defined)}"


def test_the_columns_of_a_metric_are_in_every_mart_that_carries_it() -> None:
    for mart, metric in carried():
        needed = {metric.numerator, metric.denominator} - {""} or {metric.column}
        needed |= {metric.column} - {""} if mart == metric.mart else set()
        assert needed <= set(columns(mart)), f"{mart} does not have {sorted(needed - set(columns(mart)))}"
        for part in {metric.numerator, metric.denominator} - {""}:
            assert re.match(r"bigint|decimal", columns(mart)[part]), f"{mart}.{part} cannot be summed"


def test_every_kpi_mart_has_a_metric_and_every_ratio_in_it_is_one() -> None:
    of_mart: dict[str, set[str]] = {}
    for mart, metric in carried():
        of_mart.setdefault(mart, set()).add(metric.column)
    assert set(KPIS) <= set(of_mart), f"without a metric: {sorted(set(KPIS) - set(of_mart))}"
    undefined = {f"{mart}.{column}" for mart in KPIS for column in columns(mart)
                 if RATIO.search(column) and column not in of_mart[mart]}  # fmt: skip
    assert not undefined, f"{sorted(undefined)}: say in config.meta.metrics what is divided by what"


def test_a_column_of_one_name_means_one_thing_in_all_kpi_marts() -> None:
    names: dict[str, set[str]] = {}
    for mart in KPIS:
        for column in KPIS[mart]["columns"]:
            if re.match(r"bigint|decimal", column["data_type"]):
                names.setdefault(column["name"], set()).add(chinese(column))
    differing = {name for name, words in names.items() if len(words) > 1}
    assert differing == set(HOMONYMS), f"differ: {sorted(differing ^ set(HOMONYMS))}: rename, or say why in HOMONYMS"


def test_every_model_that_goes_out_has_its_grain_and_every_column_its_words() -> None:
    for name, model in OUT.items():
        assert len([t for t in model["data_tests"] if "one_row_per" in t]) == 1, f"{name}: one test one_row_per"
        assert set(grain(name)) <= set(columns(name)), name
        assert f"area.{model['area']}" in LABELS or model["room"] == "measured", (
            f"a row area.{model['area']} in label.csv"
        )
        assert chinese(model), f"{name}: a Chinese name (config.meta.zh)"
        assert re.search(r"\b[Oo]ne row\b|^Choices", str(model["description"])), f"{name}: say what one row is"
        for column in model["columns"]:
            assert str(column.get("description") or "").strip(), f"{name}.{column['name']}: a description"
            assert chinese(column), f"{name}.{column['name']}: a Chinese name (config.meta.zh)"


@pytest.fixture(scope="module")
def nights(first_night: Night, desk_night: Night, offer_night: Night, quality_night: Night) -> dict[str, list[Night]]:
    """Area of marts -> the nights that have something in it."""
    return {"quality": [quality_night]} | {
        str(model["area"]): [first_night, desk_night, offer_night]
        for model in OUT.values()
        if model["area"] != "quality"
    }


@pytest.fixture(scope="module")
def quality_night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The marts about reception, after one file with 3 of 10 records in quarantine and 1 of 7 naming nobody."""
    given = {"source": "picc", "extract": "policies", "entity": "policy", "received_on": "2026-11-24"}
    file = {"file_name": "a.csv", "sha8": "00000001", "version": 1, "business_date": "2026-11-23", "verdict": "accepted",
            "is_in_force": True, "records_read": 12, "loaded": 7, "quarantined": 3, "declared": 2, "told": 0,
            "is_of_a_day": True}  # fmt: skip
    check = {"columns": "vin", "target": "vehicle", "referencing_records": 7, "unknown_records": 1, "limit_percent": 5}
    archives = {"batch": [given | file], "reference": [given | check]}
    marts = "+kpi_data_quality_daily +kpi_data_quality_reference_daily"
    night = run_night(tmp_path_factory.mktemp("quality"), "2026-11-24", {}, archives, select=marts)
    assert night.exit_code == 0, night.stderr
    return night


def step(kind: str) -> Decimal:
    """Half of the last place of a type."""
    places = re.search(r",\s*(\d+)\)", kind)
    return Decimal(1).scaleb(-int(places[1])) / 2 if places else Decimal(0)


def ratio_is_wrong(row: dict[str, Any], metric: Metric, kinds: dict[str, str]) -> bool:
    """True unless the stored ratio is numerator ÷ denominator, rounded, and empty exactly without a denominator."""
    top, below, stored = (row[name] for name in ("numerator", "denominator", "stored"))
    if stored is None or not below or top is None:
        return not (stored is None and not below)
    whole_percent = "整百分数" in metric.formula_zh
    slack = Decimal("0.005") if whole_percent else step(kinds[metric.column])
    # an expected number of vehicles is itself rounded; money is exact
    width = Decimal(0) if metric.denominator.endswith("_amount") else step(kinds[metric.denominator])
    bounds = sorted(Decimal(top) / (Decimal(below) + sign * width) for sign in (1, -1))
    return not bounds[0] - slack <= stored <= bounds[1] + slack


def test_every_stored_ratio_is_its_numerator_divided_by_its_denominator(nights: dict[str, list[Night]]) -> None:
    unseen, wrong = [], []
    for mart, metric in carried():
        kinds = columns(mart)
        if not (metric.denominator and metric.column in kinds):
            continue
        query = (
            f"select {metric.numerator} as numerator, {metric.denominator} as denominator, {metric.column} as stored "
            f"from {ROOMS[OUT[mart]['room']]}.{mart}"
        )
        names = ("numerator", "denominator", "stored")
        rows = [dict(zip(names, row, strict=True)) for night in nights[OUT[mart]["area"]] for row in night.rows(query)]
        wrong += [f"{mart}.{metric.column}"] if any(ratio_is_wrong(row, metric, kinds) for row in rows) else []
        unseen += [f"{mart}.{metric.column}"] if not any(row["stored"] is not None for row in rows) else []
    assert not wrong, f"not numerator ÷ denominator: {wrong}"
    assert not unseen, f"no night of the tests has a value of {unseen}"


def test_no_part_of_a_sum_is_more_than_its_whole(nights: dict[str, list[Night]]) -> None:
    """A share whose numerator is not part of its denominator is no share."""
    may_exceed = {"target_attainment_rate", "pace_rate", "combined_renewal_rate", "channel_attainment_rate",
                  "average_concession_rate_by_premium", "campaign_coverage"}  # fmt: skip
    for mart, metric in carried():
        if metric.unit != "rate" or not metric.denominator or metric.name in may_exceed:
            continue
        query = f"from {ROOMS[OUT[mart]['room']]}.{mart} where {metric.numerator} > {metric.denominator}"
        for night in nights[OUT[mart]["area"]]:
            assert not night.rows(query), f"{mart}: {metric.numerator} > {metric.denominator}"


@pytest.mark.parametrize("change", ["numerator", "stored", "empty"])
def test_a_wrong_ratio_is_seen(change: str) -> None:
    metric = next(metric for metric in metrics() if metric.name == "renewal_rate")
    row = {"numerator": 1, "denominator": 3, "stored": Decimal("0.333333")}
    assert not ratio_is_wrong(row, metric, columns(metric.mart))
    row |= {"numerator": {"numerator": 2}, "stored": {"stored": Decimal("0.333335")}, "empty": {"stored": None}}[change]
    assert ratio_is_wrong(row, metric, columns(metric.mart))
