"""A model of how likely a due vehicle renews, and what it says of vehicles: tables of points, added up.

A model is rows (`ingest/archives/propensity_model.yaml`), never code: each feature gives a vehicle points, the log-odds
by which it differs from the average; their sum becomes a rate on the calibration's line. Points and sums are whole
millionths, so the same rows give the same scores on any machine. Nothing here needs scikit-learn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MILLION = 1_000_000
REASONS = 3
NO_REASON = ("store_id",)
"""Features that tell a caller nothing."""
KEYS = ("store_id", "vin", "expiry_month")
BATCH_ROWS = 200_000

Rows = list[dict[str, Any]]
"""part, feature, position, word, lower, points: rows of the archive."""


@dataclass(frozen=True)
class Words:
    """Points of the values of a text."""

    points: Mapping[str, int]
    other: int
    unknown: int

    def of(self, values: pa.Array) -> np.ndarray:
        """(n,) int64 millionths of n texts."""
        places = pc.index_in(values, value_set=pa.array(list(self.points), pa.string()), skip_nulls=True)
        places = places.fill_null(len(self.points)).to_numpy(zero_copy_only=False)
        table = np.array([*self.points.values(), self.other], dtype=np.int64)
        return np.where(pc.is_null(values).to_numpy(zero_copy_only=False), self.unknown, table[places])


@dataclass(frozen=True)
class Numbers:
    """Points of the ranges of a number: below bounds[0], from bounds[0] on, … (one more than bounds)."""

    bounds: tuple[float, ...]
    points: tuple[int, ...]
    unknown: int

    def of(self, values: pa.Array) -> np.ndarray:
        """(n,) int64 millionths of n numbers."""
        numbers = values.to_numpy(zero_copy_only=False).astype(np.float64)  # a missing one is NaN
        table = np.array(self.points, dtype=np.int64)
        places = np.searchsorted(np.array(self.bounds), numbers, side="right")
        return np.where(np.isnan(numbers), self.unknown, table[np.minimum(places, len(table) - 1)])


@dataclass(frozen=True)
class Model:
    """What a model is: points of everybody, points per feature, and the line from sums (log-odds) to rates."""

    base: int
    features: Mapping[str, Words | Numbers]
    sums: tuple[float, ...]
    rates: tuple[float, ...]
    facts: Mapping[str, str] = field(default_factory=dict)

    def points(self, table: pa.Table | pa.RecordBatch) -> np.ndarray:
        """(rows, features) int64 millionths. A feature that the table does not have is unknown of everybody."""
        found = np.empty((table.num_rows, len(self.features)), dtype=np.int64)
        for place, (name, feature) in enumerate(self.features.items()):
            found[:, place] = feature.of(_column(table, name)) if name in table.schema.names else feature.unknown
        return found

    def log_odds(self, points: np.ndarray) -> np.ndarray:
        """(rows,) float64: exact sums of millionths, divided once."""
        return (points.sum(axis=1) + self.base) / MILLION

    def millionths(self, points: np.ndarray) -> np.ndarray:
        """(rows,) int64 rates in millionths, 0 to 1,000,000."""
        return np.rint(np.interp(self.log_odds(points), self.sums, self.rates) * MILLION).astype(np.int64)

    def reasons(self, points: np.ndarray) -> list[pa.Array]:
        """REASONS columns of codes, the heaviest feature first: <feature>_up or <feature>_down, NULL if none weighs."""
        names = list(self.features)
        codes = pa.array([f"{name}_{way}" for name in names for way in ("down", "up")], pa.string())
        weights = np.abs(points)
        weights[:, [place for place, name in enumerate(names) if name in NO_REASON]] = 0
        rows, found = np.arange(len(points)), []
        for _ in range(REASONS):
            heaviest = weights.argmax(axis=1)  # of equals the first
            nothing = weights[rows, heaviest] == 0
            code = 2 * heaviest + (points[rows, heaviest] > 0)
            found.append(codes.take(pa.array(code, pa.int64(), mask=nothing)))
            weights[rows, heaviest] = 0
        return found

    def rows(self) -> Rows:
        """The model as rows of its archive; model_of reads them back."""
        found: Rows = [row("base", None, 1, points=self.base)]
        for name, feature in self.features.items():
            if isinstance(feature, Words):
                found += [row("word", name, n, word, points=p) for n, (word, p) in enumerate(feature.points.items(), 1)]
                found.append(row("other", name, 1, points=feature.other))
            else:
                lowers = (None, *feature.bounds)
                found += [
                    row("number", name, n, lower=lower, points=p)
                    for n, (lower, p) in enumerate(zip(lowers, feature.points, strict=True), 1)
                ]
            found.append(row("unknown", name, 1, points=feature.unknown))
        found += [
            row("calibration", None, n, lower=total, points=round(rate * MILLION))
            for n, (total, rate) in enumerate(zip(self.sums, self.rates, strict=True), 1)
        ]
        return found + [row("fact", name, 1, word) for name, word in self.facts.items()]


def row(
    part: str, feature: str | None, position: int, word: str | None = None, lower: float | None = None,
    points: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """One row of the archive; points in millionths."""
    return {
        "part": part,
        "feature": feature,
        "position": position,
        "word": word,
        "lower": None if lower is None else Decimal(repr(float(lower))).quantize(Decimal("0.000001")),
        "points": None if points is None else Decimal(int(points)).scaleb(-6),
    }


def model_of(rows: Sequence[Mapping[str, Any]]) -> Model:
    """The model that rows of its archive say, whatever their order."""
    parts: dict[tuple[str, str | None], Rows] = {}
    for one in sorted(rows, key=lambda one: one["position"]):
        parts.setdefault((one["part"], one["feature"]), []).append(dict(one))

    def millionths(part: str, feature: str | None) -> list[int]:
        return [int(Decimal(one["points"]).scaleb(6)) for one in parts.get((part, feature), [])]

    features: dict[str, Words | Numbers] = {}
    for name in sorted(str(feature) for part, feature in parts if part == "unknown"):
        unknown = millionths("unknown", name)[0]
        if numbers := parts.get(("number", name)):
            bounds = tuple(float(one["lower"]) for one in numbers if one["lower"] is not None)
            features[name] = Numbers(bounds, tuple(millionths("number", name)), unknown)
        else:
            words = [one["word"] for one in parts.get(("word", name), [])]
            points = dict(zip(words, millionths("word", name), strict=True))
            features[name] = Words(points, millionths("other", name)[0], unknown)
    line = parts[("calibration", None)]
    return Model(
        base=millionths("base", None)[0],
        features=features,
        sums=tuple(float(one["lower"]) for one in line),
        rates=tuple(rate / MILLION for rate in millionths("calibration", None)),
        facts={str(feature): found[0]["word"] for (part, feature), found in parts.items() if part == "fact"},
    )


def scored(session: Any, basis: Any, model: Any, features: Any) -> Any:
    """Score the due vehicles of months that the model has not seen; nothing if no model scores tonight.

    session: DuckDB connection; basis, model, features: its relations int_propensity_basis, _model, _feature. Gives a
    relation: store_id, vin, expiry_month, propensity_rate DECIMAL(18,6), reason_1 to reason_3.
    """
    status, seen_to_month = basis.project("status, model_seen_to_month").fetchone()
    tables = []
    if status == "model":
        in_force = model_of(model.to_arrow_table().to_pylist())
        columns = ", ".join(
            f"cast({name} as varchar) as {name}" if isinstance(feature, Words) else f"cast({name} as double) as {name}"
            for name, feature in in_force.features.items()
            if name in features.columns and name not in KEYS
        )
        wanted = features.filter(f"expiry_month > date '{seen_to_month}'").project(f"{', '.join(KEYS)}, {columns}")
        tables = [scored_batch(in_force, batch) for batch in wanted.to_arrow_reader(BATCH_ROWS)]
    return session.from_arrow(pa.concat_tables([SCORES.empty_table(), *tables])).project(
        f"{', '.join(KEYS)}, cast(millionths * 0.000001::decimal(7, 6) as decimal(18, 6)) as propensity_rate, "
        "reason_1, reason_2, reason_3"
    )


SCORES = pa.schema([
    ("store_id", pa.string()), ("vin", pa.string()), ("expiry_month", pa.date32()), ("millionths", pa.int32()),
    *((f"reason_{n}", pa.string()) for n in range(1, REASONS + 1)),
])  # fmt: skip


def scored_batch(model: Model, batch: pa.Table | pa.RecordBatch) -> pa.Table:
    """A batch of features with keys, scored: columns as SCORES."""
    points = model.points(batch)
    columns = [*(_column(batch, name) for name in KEYS), pa.array(model.millionths(points), pa.int32())]
    return pa.table([*columns, *model.reasons(points)], schema=SCORES)


def _column(table: pa.Table | pa.RecordBatch, name: str) -> pa.Array:
    column = table.column(name)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
