"""The gate: which rows break which promise. Great Expectations judges; only positions and rules leave it."""

from __future__ import annotations

import os

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

from dataclasses import dataclass
from functools import cache
from typing import Any

import great_expectations as gx
import pandas as pd
import pyarrow as pa

from expectations.promises import suite
from ingest.entities import Entity

RESULT_FORMAT = {"result_format": "COMPLETE", "exclude_unexpected_values": True, "include_unexpected_rows": False}


@dataclass(frozen=True)
class Judgement:
    """Rules broken, by row position: `rejects` has the first in column order, `warnings` the positions of each."""

    rejects: dict[int, str]
    warnings: dict[str, list[int]]
    result: Any
    """Great Expectations' own result, without values, for Data Docs; None if there was no row to judge."""


@cache
def _batch_definition() -> Any:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = gx.data_context.types.base.ProgressBarsConfig(globally=False)  # type: ignore[attr-defined]
    return (
        context.data_sources.add_pandas("received")
        .add_dataframe_asset("rows")
        .add_batch_definition_whole_dataframe("night")
    )


def judge(table: pa.Table, entity: Entity, identity: str, by_hand: bool = False) -> Judgement:
    """Check canonical rows (one night's batch of one entity) against the entity's promises."""
    promises = suite(entity, identity, by_hand)
    if table.num_rows == 0:
        return Judgement({}, {}, None)
    frame = pd.DataFrame({name: _numpy(table[name]) for name in entity.columns})
    validation = _batch_definition().get_batch({"dataframe": frame}).validate(promises, result_format=RESULT_FORMAT)
    rejects: dict[int, str] = {}
    warnings: dict[str, list[int]] = {}
    rank = {name: place for place, name in enumerate(entity.columns)}
    outcomes = [(outcome.expectation_config.meta["rule"], outcome) for outcome in validation.results]
    for rule, outcome in sorted(outcomes, key=lambda pair: rank.get(pair[0].split(":")[0], -1)):
        config = outcome.expectation_config
        if (outcome.exception_info or {}).get("raised_exception", bool(outcome.exception_info)):
            raise RuntimeError(f"promise {rule} of entity {entity.name!r} could not be checked")
        positions = outcome.result.get("unexpected_index_list") or []
        if not positions:
            continue
        if getattr(config.severity, "value", config.severity) == "warning":
            warnings[rule] = [int(position) for position in positions]
        else:
            for position in positions:
                rejects.setdefault(int(position), rule)
    return Judgement(rejects, warnings, validation)


def _numpy(column: pa.ChunkedArray) -> Any:
    """A column as numpy values: Arrow-typed columns would make Great Expectations four times slower."""
    if pa.types.is_decimal(column.type):
        return column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return column.to_numpy(zero_copy_only=False).astype(object)
    return column.to_pandas().to_numpy()
