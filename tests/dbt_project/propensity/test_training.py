"""A model is learned from published rows, written down as points, and taken only if it is better."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from dbt_project.propensity import training
from dbt_project.propensity.card import PUBLISHED_AUC, card
from dbt_project.propensity.page import write_card
from dbt_project.propensity.scoring import MILLION, Model, Numbers, Words, model_of, scored_batch
from dbt_project.propensity.step import MODEL, train_step
from dbt_project.propensity.training import Trained, train
from ingest.archive import archived, keep_trained_step
from ingest.entities import archives
from tests.dbt_project.propensity import made_up

AS_OF = date(2027, 2, 10)


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return made_up.rows()


@pytest.fixture(scope="module")
def trained(table: pa.Table) -> Trained:
    return train(table)


def test_added_points_are_what_scikit_learn_predicts(table: pa.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    learners = []

    class Kept(HistGradientBoostingClassifier):
        def fit(self, *given, **named):
            learners.append(self)
            return super().fit(*given, **named)

    monkeypatch.setattr(training, "HistGradientBoostingClassifier", Kept)
    learn = table.filter(pc.equal(table["part"], "learn"))
    names = training.feature_names(table)
    model = training.learned(learn, names)
    coders = {
        name: training.word_values(learn, name) if training.is_text(learn, name) else training.bounds(learn, name)
        for name in names
    }
    predicted = learners[0].predict_proba(training.coded(table, coders))[:, 1]
    ours = 1 / (1 + np.exp(-model.log_odds(model.points(table))))
    assert np.abs(ours - predicted).max() < 1e-5
    assert np.ptp(predicted) > 0.5


def test_a_model_read_back_from_its_rows_scores_the_same_to_the_last_digit(table: pa.Table, trained: Trained) -> None:
    again = model_of(list(reversed(trained.model.rows())))
    assert (again.points(table) == trained.model.points(table)).all()
    assert (again.millionths(again.points(table)) == trained.model.millionths(trained.model.points(table))).all()


def test_the_same_rows_give_the_same_model(table: pa.Table, trained: Trained) -> None:
    assert train(table).model == trained.model


def test_rates_are_calibrated_and_better_than_the_segments_rate(trained: Trained) -> None:
    outcome = training.outcomes(trained.hold_out)
    assert trained.is_better
    assert trained.figures["model"].auc > trained.figures["segment_rate"].auc + 0.05
    assert abs(trained.rates.mean() - outcome.mean()) < 0.06


def test_many_vehicles_are_calibrated_by_steps_and_few_by_a_sigmoid(
    table: pa.Table, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert trained.model.sums == tuple(training.LINE)
    monkeypatch.setattr(training, "ISOTONIC_LEAST", 100)
    rates = np.array(train(table).model.rates)
    assert len(rates) < len(training.LINE) and (np.diff(rates) >= 0).all()
    assert rates.min() >= training.SURE and rates.max() <= 1 - training.SURE


def test_a_new_model_is_taken_only_if_it_beats_the_one_in_force_on_the_same_vehicles(
    table: pa.Table, trained: Trained
) -> None:
    assert not train(table, before=trained.model).is_better  # an equal one is not better
    everybody_alike = Model(0, {"visits": Numbers((), (0,), 0)}, (-1.0, 1.0), (0.4, 0.4))
    again = train(table, before=everybody_alike)
    assert again.is_better and again.figures["before"].auc == 0.5


def test_unknown_texts_numbers_and_columns_have_points_of_their_own() -> None:
    model = Model(
        base=0,
        features={
            "brand": Words({"大众": 500_000}, other=-100_000, unknown=-200_000),
            "gone": Words({}, other=1, unknown=7),
            "visits": Numbers((1.0, 3.0), (-300_000, 100_000, 400_000), unknown=50_000),
        },
        sums=(-1.0, 1.0),
        rates=(0.1, 0.9),
    )
    batch = pa.table(
        {
            "store_id": ["001"] * 4, "vin": ["A", "B", "C", "D"], "expiry_month": [date(2026, 11, 1)] * 4,
            "brand": ["大众", "丰田", None, "大众"], "visits": [0.0, 1.0, None, 3.0],
        }
    )  # fmt: skip
    assert model.points(batch).tolist() == [
        [500_000, 7, -300_000], [-100_000, 7, 100_000], [-200_000, 7, 50_000], [500_000, 7, 400_000],
    ]  # fmt: skip
    found = scored_batch(model, batch)
    assert found["millionths"].to_pylist()[0] == round((0.5 + 0.4 * 0.200007) * MILLION)
    assert found["reason_1"].to_pylist() == ["brand_up", "brand_down", "brand_down", "brand_up"]
    assert found["reason_2"].to_pylist() == ["visits_down", "visits_up", "visits_up", "visits_up"]
    assert found["reason_3"].to_pylist() == ["gone_up"] * 4


def test_the_store_is_no_reason_and_what_weighs_nothing_neither() -> None:
    model = Model(
        0, {"store_id": Words({"001": 900_000}, 0, 0), "visits": Numbers((), (0,), 0)}, (-1.0, 1.0), (0.1, 0.9)
    )
    batch = pa.table({"store_id": ["001"], "vin": ["A"], "expiry_month": [date(2026, 11, 1)], "visits": [1.0]})
    found = scored_batch(model, batch).to_pylist()[0]
    assert [found[f"reason_{n}"] for n in (1, 2, 3)] == [None, None, None]


def test_the_card_says_data_period_figures_baselines_segments_and_how_little_it_proves(trained: Trained) -> None:
    facts = {f"{part}_{what}": "1" for part in ("learn", "calibrate", "hold_out") for what in ("months", "vehicles")}
    facts["hold_out_renewed"] = "1"
    model = Model(trained.model.base, trained.model.features, trained.model.sums, trained.model.rates, facts)
    labels = {"segment.phone_only": ("仅有电话<", "phone only"), "propensity_feature.visits": ("进店次数", "visits")}
    page = card(Trained(model, trained.hold_out, trained.rates, trained.figures, trained.weights), AS_OF, None, labels)
    for words in ("仅有电话&lt;", "进店次数", "逻辑回归", "类别去年同月续保率", "<svg", "0.63", "0.76", *PUBLISHED_AUC):
        assert words in page
    for found in trained.figures.values():
        assert f"{found.auc:.3f}" in page and f"{found.brier:.4f}" in page
    assert page.count("<circle") == 10
    assert "http" not in page.replace('xmlns="http://www.w3.org/2000/svg"', "")


def published(home: Path, table: pa.Table, in_force: list[str]) -> str:
    """A published night with what train_propensity reads of it."""
    folder = home / "published" / f"{AS_OF}-0000"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps({"as_of": str(AS_OF)}), encoding="utf-8")
    (folder / "inputs.json").write_text(json.dumps({"archives": {"propensity_model": in_force}}), encoding="utf-8")
    (folder / "analytics.duckdb").unlink(missing_ok=True)
    with duckdb.connect(str(folder / "analytics.duckdb")) as connection:
        connection.register("given", table)
        connection.execute("create schema marts; create table marts.fct_propensity_feature as from given")
        connection.execute("create table marts.dim_label (key varchar, zh varchar, en varchar)")
        connection.execute(
            "create table marts.fct_propensity_basis as select 3 as vehicles, 1 as renewed_vehicles,"
            " 2000 as least_vehicles, 300 as least_each"
        )
    return str(folder)


def empty(home: Path) -> str:
    """The file without rows that stands first among a night's inputs."""
    path = home / "archive" / "_empty" / "propensity_model.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(MODEL.empty_table(), path)
    return str(path.relative_to(home))


def test_a_model_is_archived_once_with_its_card_and_read_by_later_nights_only(
    table: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XUBAO_HOME", str(tmp_path))
    kinds = archives()
    night = published(tmp_path, table, [])
    assert keep_trained_step(train_step(night)) == 2
    assert keep_trained_step(train_step(night)) == 0  # the same night gives the same model
    assert archived(kinds["propensity_model"], AS_OF) == []
    assert archived(kinds["propensity_model"], date(2027, 2, 11)) == [f"archive/propensity_model/{AS_OF}/1.parquet"]
    kept = tmp_path / "archive" / "propensity_model" / str(AS_OF) / "1.parquet"
    facts = model_of(pq.read_table(kept).to_pylist()).facts
    assert facts["seen_to_month"] == "2026-12-01" and facts["card"].startswith("<!doctype html>")

    build = tmp_path / "builds" / "later"
    build.mkdir(parents=True)
    for files in ([], [f"archive/propensity_model/{AS_OF}/1.parquet"]):
        assert not (build / "docs").exists()
        (build / "inputs.json").write_text(json.dumps({"archives": {"propensity_model": [empty(tmp_path), *files]}}))
        write_card(build, tmp_path)
    assert (build / "docs" / "propensity.html").read_text(encoding="utf-8") == facts["card"]

    record = pq.read_table(tmp_path / "archive" / "propensity_training" / str(AS_OF) / "1.parquet").to_pylist()[0]
    assert record["training_decision"] == "taken" and record["before_as_of"] is None
    assert record["brier"] < record["segment_rate_brier"] and isinstance(record["brier"], Decimal)


def test_a_model_that_is_not_better_is_recorded_and_the_old_one_stays(
    table: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XUBAO_HOME", str(tmp_path))
    keep_trained_step(train_step(published(tmp_path, table, [])))
    in_force = f"archive/propensity_model/{AS_OF}/1.parquet"
    folder = Path(train_step(published(tmp_path, table, [in_force])))
    assert not (folder / "propensity_model.parquet").exists()
    record = pq.read_table(folder / "propensity_training.parquet").to_pylist()[0]
    assert (record["training_decision"], record["before_as_of"]) == ("not_better", AS_OF)
    assert record["before_brier"] == record["brier"]


def test_with_too_little_data_nothing_is_learned_and_the_record_says_so(
    table: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("XUBAO_HOME", str(tmp_path))
    with caplog.at_level("INFO", "xubao"):
        assert keep_trained_step(train_step(published(tmp_path, table.slice(0, 0), []))) == 1
    assert "2,000 and 300 of each kind are needed" in caplog.text
    assert archived(archives()["propensity_model"], date(2028, 1, 1)) == []
    [record] = archived(archives()["propensity_training"], date(2028, 1, 1))
    assert pq.read_table(tmp_path / record)["training_decision"].to_pylist() == ["too_little_data"]
