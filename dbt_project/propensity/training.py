"""Learning a propensity model from published features, and comparing it on months that it has not seen.

The learner is scikit-learn's gradient boosting whose trees each look at one feature: what it learned is then a sum over
features and can be written down as tables of points, exactly (scoring.py). Seeds are fixed and one thread computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from dbt_project.propensity.scoring import MILLION, Model, Numbers, Words

PARTS = ("learn", "calibrate", "hold_out")
NO_FEATURE = ("vehicle_key", "expiry_month", "frozen_on", "part", "is_renewed_here", "segment_rate")
"""Columns of fct_propensity_feature by which nothing is judged: keys, the outcome, and the baseline."""
BINS, MOST_WORDS, LEAST_OF_A_WORD = 12, 20, 30
ISOTONIC_LEAST = 5_000
"""With fewer vehicles to calibrate on, a sigmoid: steps learned from few would follow chance."""
LINE = np.round(np.arange(-8, 8.05, 0.1), 6)
"""Log-odds at which the sigmoid is written down; a straight line between them errs by less than 0.0002."""
SURE = 0.001
"""No rate is nearer to 0 or 1: nothing is certain."""


@dataclass(frozen=True)
class Figures:
    """How good rates were on the held-out vehicles; millionths are enough."""

    auc: float
    brier: float
    log_loss: float


@dataclass(frozen=True)
class Trained:
    """A new model, and what it and the others were worth on the same held-out vehicles."""

    model: Model
    hold_out: pa.Table
    rates: np.ndarray
    figures: dict[str, Figures]
    """By name: model, segment_rate, logistic, and before if a model was in force."""
    weights: dict[str, float]
    """Feature -> mean of its points' absolute values, log-odds."""

    @property
    def is_better(self) -> bool:
        """True if it beats what is in force, and last year's segment rate, in the Brier score."""
        others = [self.figures[name].brier for name in ("segment_rate", "before") if name in self.figures]
        return self.figures["model"].brier < min(others)


def train(table: pa.Table, before: Model | None = None) -> Trained:
    """Learn from rows of fct_propensity_feature, each of one `part`; every part holds both outcomes."""
    rows = {part: table.filter(pc.equal(table["part"], part)) for part in PARTS}
    with threadpool_limits(1):
        model = learned(rows["learn"], feature_names(table))
        model = calibrated(model, rows["calibrate"])
        hold_out = rows["hold_out"]
        points = model.points(hold_out)
        rates = model.millionths(points) / MILLION
        told = {"model": rates, "segment_rate": numbers(hold_out, "segment_rate"), "logistic": logistic(rows)}
    if before:
        told["before"] = before.millionths(before.points(hold_out)) / MILLION
    outcome = outcomes(hold_out)
    weights = np.abs(points).mean(axis=0) / MILLION
    return Trained(
        model, hold_out, rates, {name: figures(outcome, value) for name, value in told.items()},
        dict(zip(model.features, weights.tolist(), strict=True)),
    )  # fmt: skip


def feature_names(table: pa.Table) -> list[str]:
    """Columns that are features."""
    return sorted(name for name in table.schema.names if name not in NO_FEATURE)


def outcomes(table: pa.Table) -> np.ndarray:
    """(rows,) int64: 1 renewed here, 0 not."""
    return table["is_renewed_here"].cast(pa.int64()).to_numpy()


def numbers(table: pa.Table, name: str) -> np.ndarray:
    """(rows,) float64 of a column; a missing value is NaN."""
    return table[name].cast(pa.float64()).to_numpy()


def is_text(table: pa.Table, name: str) -> bool:
    return pa.types.is_string(table.schema.field(name).type)


def learned(rows: pa.Table, names: Sequence[str]) -> Model:
    """A model whose points are what gradient boosting without interactions learned; its line is not calibrated yet."""
    coders = {name: word_values(rows, name) if is_text(rows, name) else bounds(rows, name) for name in names}
    codes = coded(rows, coders)
    learner = HistGradientBoostingClassifier(
        max_iter=300, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=50, l2_regularization=5.0,
        interaction_cst="no_interactions", early_stopping=False, random_state=0,
        categorical_features=[is_text(rows, name) for name in names],
    ).fit(codes, outcomes(rows))  # fmt: skip

    # the trees look at one feature each: its share is the difference that its value makes, whatever the others say
    sizes = [len(coders[name]) + 2 for name in names]
    probes = np.zeros((1 + sum(sizes), len(names)))
    start = 1
    for place, size in enumerate(sizes):
        probes[start : start + size, place] = [*range(size - 1), np.nan]
        start += size
    odds = learner.decision_function(probes)
    base, features, start = odds[0], {}, 1
    for place, (name, size) in enumerate(zip(names, sizes, strict=True)):
        share = odds[start : start + size] - odds[0]
        start += size
        of_rows = np.where(np.isnan(codes[:, place]), size - 1, codes[:, place]).astype(int)
        average = share[of_rows].mean()
        base += average
        points = [round(float(value) * MILLION) for value in share - average]
        if is_text(rows, name):
            features[name] = Words(dict(zip(coders[name], points, strict=False)), points[-2], points[-1])
        else:
            features[name] = Numbers(tuple(coders[name]), tuple(points[:-1]), points[-1])
    return Model(round(float(base) * MILLION), features, (), ())


def word_values(rows: pa.Table, name: str) -> list[str]:
    """The texts that are frequent enough to have points of their own, the most frequent first."""
    counts = pc.value_counts(rows[name]).to_pylist()
    frequent = [(-one["counts"], one["values"]) for one in counts if one["values"] and one["counts"] >= LEAST_OF_A_WORD]
    return [value for _, value in sorted(frequent)[:MOST_WORDS]]


def bounds(rows: pa.Table, name: str) -> list[float]:
    """Lower bounds of ranges of about equally many vehicles; all of them values that occur."""
    values = numbers(rows, name)
    values = values[~np.isnan(values)]
    if not len(values):
        return []
    cuts = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1], method="higher"))
    return [float(cut) for cut in cuts if cut > values.min()]


def coded(rows: pa.Table, coders: dict[str, list[str] | list[float]]) -> np.ndarray:
    """(rows, features) float64: number of the range or of the text (the last one: any other); NaN is unknown."""
    codes = np.empty((rows.num_rows, len(coders)))
    for place, (name, values) in enumerate(coders.items()):
        if is_text(rows, name):
            found = pc.index_in(rows[name], value_set=pa.array(values, pa.string()), skip_nulls=True)
            texts = found.fill_null(len(values)).cast(pa.float64()).to_numpy()
            codes[:, place] = np.where(pc.is_null(rows[name]).to_numpy(), np.nan, texts)
        else:
            given = numbers(rows, name)
            codes[:, place] = np.where(np.isnan(given), np.nan, np.searchsorted(np.array(values), given, side="right"))
    return codes


def calibrated(model: Model, rows: pa.Table) -> Model:
    """The model with a line from log-odds to rates that vehicles it has not learned from kept."""
    odds, outcome = model.log_odds(model.points(rows)), outcomes(rows)
    if rows.num_rows >= ISOTONIC_LEAST:
        steps = IsotonicRegression(y_min=SURE, y_max=1 - SURE, out_of_bounds="clip").fit(odds, outcome)
        sums, rates = steps.X_thresholds_, steps.y_thresholds_
    else:
        sigmoid = LogisticRegression(C=1e6, random_state=0).fit(odds.reshape(-1, 1), outcome)
        sums, rates = LINE, sigmoid.predict_proba(LINE.reshape(-1, 1))[:, 1]
    rates = np.round(np.clip(rates, SURE, 1 - SURE), 6)
    return Model(model.base, model.features, tuple(map(float, sums)), tuple(map(float, rates)))


def logistic(rows: dict[str, pa.Table]) -> np.ndarray:
    """(held-out rows,) rates of an ordinary logistic regression that learned from all months before them."""
    seen = pa.concat_tables([rows["learn"], rows["calibrate"]])
    names = feature_names(seen)
    texts, others = [n for n in names if is_text(seen, n)], [n for n in names if not is_text(seen, n)]
    middles = {name: np.nanmedian([*numbers(seen, name), 0.0]) for name in others}

    def plain(table: pa.Table) -> tuple[np.ndarray, np.ndarray]:
        words = np.array([table[name].fill_null("?").to_pylist() for name in texts], dtype=object).T
        values = np.array([numbers(table, name) for name in others]).T
        missing = np.isnan(values)
        return words, np.hstack([np.where(missing, [middles[name] for name in others], values), missing])

    words, values = plain(seen)
    encoder = OneHotEncoder(handle_unknown="ignore", min_frequency=LEAST_OF_A_WORD, sparse_output=False).fit(words)
    learner = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, random_state=0))
    learner.fit(np.hstack([encoder.transform(words), values]), outcomes(seen))
    words, values = plain(rows["hold_out"])
    return learner.predict_proba(np.hstack([encoder.transform(words), values]))[:, 1]


def figures(outcome: np.ndarray, rates: np.ndarray) -> Figures:
    """AUC, Brier score and log loss of rates, rounded to millionths."""
    safe = np.clip(rates, SURE, 1 - SURE)  # one certain error would be infinite
    values = roc_auc_score(outcome, rates), brier_score_loss(outcome, rates), log_loss(outcome, safe, labels=[0, 1])
    return Figures(*(round(float(value), 6) for value in values))


def month_of(table: pa.Table, newest: bool) -> date:
    """The first or last expiry month of rows."""
    return (pc.max if newest else pc.min)(table["expiry_month"]).as_py()
