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
    promised = {name for promise in promises.expectations for name in _columns_of(promise)}
    frame = pd.DataFrame({name: _values(table[name]) for name in entity.columns if name in promised})
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


def _columns_of(promise: Any) -> list[str]:
    """Columns that a promise is about."""
    return [name for part in ("column", "column_A", "column_B") if (name := getattr(promise, part, None))]


def _values(column: pa.ChunkedArray) -> Any:
    """A column as pandas checks it fastest: text stays Arrow's, everything else is numpy's."""
    if pa.types.is_decimal(column.type):
        return column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return pd.array(column, dtype=pd.StringDtype("pyarrow"))  # type: ignore[call-overload]
    return column.to_pandas().to_numpy()


def together(results: list[Any]) -> Any:
    """The results of one suite over several batches of rows as one, for Data Docs."""
    first, *others = results
    for place, outcome in enumerate(first.results if others else ()):
        parts = [result.results[place] for result in results]
        outcome.success = all(part.success for part in parts)
        outcome.result.pop("unexpected_index_list", None)
        for name in ("element_count", "unexpected_count", "missing_count", "observed_value"):
            if isinstance(outcome.result.get(name), int):
                outcome.result[name] = sum(part.result[name] for part in parts)
        if count := outcome.result.get("element_count"):
            there = count - outcome.result.get("missing_count", 0)
            unexpected = 100 * outcome.result.get("unexpected_count", 0)
            outcome.result["missing_percent"] = 100 * outcome.result.get("missing_count", 0) / count
            outcome.result["unexpected_percent_total"] = unexpected / count
            for name in ("unexpected_percent", "unexpected_percent_nonmissing"):
                outcome.result[name] = unexpected / there if there else 0.0
    if others:
        kept = sum(outcome.success for outcome in first.results)
        first.success = kept == len(first.results)
        first.statistics["successful_expectations"] = kept
        first.statistics["unsuccessful_expectations"] = len(first.results) - kept
        first.statistics["success_percent"] = 100 * kept / len(first.results)
    return first
