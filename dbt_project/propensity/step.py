"""Training on a published night: learn, compare with what is in force, leave the result for the archive.

    python -m dbt_project.propensity.step [PUBLISHED]

The published night says from which rows is learned (fct_propensity_feature) and whether there are enough, and its
inputs which model was in force: the same night gives the same model. What is left in state/propensity/<as_of>/:
propensity_training.parquet, one row, always; propensity_model.parquet, only if the model was taken. ingest.archive
keeps both.
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dbt_project.propensity.scoring import Model, model_of
from ingest.home import home, log, read_json, step, write_atomic

MODEL = pa.schema([
    ("part", pa.string()), ("feature", pa.string()), ("position", pa.int64()), ("word", pa.string()),
    ("lower", pa.decimal128(18, 6)), ("points", pa.decimal128(18, 6)),
])  # fmt: skip
RATE = pa.decimal128(18, 6)
TRAINING = pa.schema([
    ("as_of", pa.date32()), ("training_decision", pa.string()), ("learn_from_month", pa.date32()),
    ("calibrate_from_month", pa.date32()), ("hold_out_from_month", pa.date32()), ("hold_out_to_month", pa.date32()),
    ("learn_vehicles", pa.int64()), ("calibrate_vehicles", pa.int64()), ("hold_out_vehicles", pa.int64()),
    ("hold_out_renewed", pa.int64()), ("auc", RATE), ("brier", RATE), ("log_loss", RATE), ("segment_rate_auc", RATE),
    ("segment_rate_brier", RATE), ("logistic_auc", RATE), ("logistic_brier", RATE), ("before_as_of", pa.date32()),
    ("before_auc", RATE), ("before_brier", RATE),
])  # fmt: skip


class NothingToLearnFromError(RuntimeError):
    """The published night does not hold what is learned from."""


def train_step(published: str) -> str:
    """Train on a published night; return the folder that holds the result. Says what became of it in the log."""
    folder = Path(published)
    as_of = date.fromisoformat(read_json(folder / "manifest.json")["as_of"])
    with step(as_of, "train"):
        return str(trained_on(folder, as_of))


def trained_on(published: Path, as_of: date) -> Path:
    """Learn from the published night; write the record and, if it was taken, the model."""
    with duckdb.connect(str(published / "analytics.duckdb"), read_only=True) as connection:
        if not connection.execute("from duckdb_tables() where table_name = 'fct_propensity_feature'").fetchall():
            raise NothingToLearnFromError(
                f"{published.name} 由旧版本发布,没有训练数据。{published.name} was published by an earlier version and holds "
                "nothing to learn from. Run `make nightly`, then train on the new night."
            )
        table = connection.execute("select * from marts.fct_propensity_feature order by all").to_arrow_table()
        basis = connection.execute("select * from marts.fct_propensity_basis").to_arrow_table().to_pylist()[0]
        labels = {key: (zh, en) for key, zh, en in connection.execute("from marts.dim_label").fetchall()}
    target = home() / "state" / "propensity" / str(as_of)
    record: dict[str, Any] = {"as_of": as_of, "training_decision": "too_little_data"}
    model_rows: list[dict[str, Any]] = []
    if not table.num_rows:
        log(
            "train",
            f"可用车辆太少,不训练 nothing is learned: {basis['vehicles']:,} matured vehicles, {basis['renewed_vehicles']:,} "
            f"renewed; {basis['least_vehicles']:,} and {basis['least_each']:,} of each kind are needed",
        )
    else:
        record, model_rows = _compared(published, as_of, table, labels)
    _write(target / "propensity_training.parquet", [record], TRAINING)
    (target / "propensity_model.parquet").unlink(missing_ok=True)
    if model_rows:
        _write(target / "propensity_model.parquet", model_rows, MODEL)
    return target


def _compared(published: Path, as_of: date, table: pa.Table, labels: dict) -> tuple[dict[str, Any], list[dict]]:
    """The record of a training, and the rows of the model if it is the better one."""
    from dbt_project.propensity.card import card
    from dbt_project.propensity.training import month_of, outcomes, train

    before, before_as_of = model_in_force(published)
    trained = train(table, before)
    months = {part: table.filter(pa.compute.equal(table["part"], part)) for part in ("learn", "calibrate", "hold_out")}
    spans = {part: (month_of(rows, False), month_of(rows, True)) for part, rows in months.items()}
    renewed = int(outcomes(trained.hold_out).sum())
    record = {
        "as_of": as_of,
        "training_decision": "taken" if trained.is_better else "not_better",
        "hold_out_to_month": spans["hold_out"][1],
        "hold_out_renewed": renewed,
        "before_as_of": before_as_of,
        **{f"{part}_from_month": span[0] for part, span in spans.items()},
        **{f"{part}_vehicles": rows.num_rows for part, rows in months.items()},
    }
    for name, prefix in (
        ("model", ""),
        ("segment_rate", "segment_rate_"),
        ("logistic", "logistic_"),
        ("before", "before_"),
    ):
        if found := trained.figures.get(name):
            record |= {f"{prefix}auc": found.auc, f"{prefix}brier": found.brier}
    record["log_loss"] = trained.figures["model"].log_loss
    log("train", _told(record))
    if not trained.is_better:
        return record, []
    facts = {
        "seen_to_month": str(spans["hold_out"][1]),
        "hold_out_renewed": str(renewed),
        **{f"{part}_months": f"{span[0]:%Y-%m} – {span[1]:%Y-%m}" for part, span in spans.items()},
        **{f"{part}_vehicles": str(rows.num_rows) for part, rows in months.items()},
    }
    trained = replace(trained, model=replace(trained.model, facts=facts))
    page = card(trained, as_of, before_as_of, labels)
    return record, replace(trained.model, facts=facts | {"card": page}).rows()


def model_in_force(published: Path) -> tuple[Model | None, date | None]:
    """The model by which the night was scored, and the night that it was learned from; None if there was none."""
    files = [home() / name for name in read_json(published / "inputs.json")["archives"]["propensity_model"]]
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    return (model_of(rows), max(row["_as_of"] for row in rows)) if rows else (None, None)


def _told(record: dict[str, Any]) -> str:
    words = {
        "taken": "启用新模型 the new model is taken",
        "not_better": "新模型不更好,未启用 the new model is not taken",
    }
    told = f"{words[record['training_decision']]}: AUC {record['auc']:.3f}, Brier {record['brier']:.4f}; the segment's rate "
    told += f"{record['segment_rate_brier']:.4f}, logistic regression {record['logistic_brier']:.4f}"
    if record["before_as_of"]:
        told += f", the model of {record['before_as_of']} {record['before_brier']:.4f}"
    return f"{told}, on {record['hold_out_vehicles']:,} held-out vehicles"


def _write(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    """Rows as Parquet, rates rounded to millionths."""
    from decimal import Decimal

    exact = [
        {name: Decimal(f"{value:.6f}") if isinstance(value, float) else value for name, value in row.items()}
        for row in rows
    ]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(exact, schema=schema), buffer, compression="zstd")
    write_atomic(path, buffer.getvalue(), mode=0o600)
