"""Every question of the analyst's guide has SQL that runs and says what an independent count says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from exports.shelf import open_read_only
from tests.dbt_project.small_night import Night

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "analyst-guide.md"
QUESTION = re.compile(r"^### \d+\. ([^\n]+)\n\n([^\n]+)\n\n```sql\n(.*?)```", re.M | re.S)
QUESTIONS = QUESTION.findall(GUIDE.read_text(encoding="utf-8"))


def asked(night: Night, number: int) -> list[dict[str, Any]]:
    """The answer to a question, counted from 1, as rows by column."""
    with open_read_only(night.folder / "analytics.duckdb") as connection:
        found = connection.execute(QUESTIONS[number - 1][2])
        columns = [item[0] for item in found.description]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def frame(night: Night, table: str) -> pd.DataFrame:
    with open_read_only(night.folder / "analytics.duckdb") as connection:
        return connection.execute(f"from marts.{table}").df()


def answers(night: Night, number: int, *columns: str) -> set[tuple[Any, ...]]:
    return {tuple(row[column] for column in columns) for row in asked(night, number)}


@pytest.fixture(scope="module")
def nights(desk_night: Night, offer_night: Night, rest_night: Night) -> list[Night]:
    return [desk_night, offer_night, rest_night]


def test_the_guide_has_ten_questions_in_chinese_and_english() -> None:
    assert len(QUESTIONS) == 10
    for chinese, english, _ in QUESTIONS:
        assert re.search(r"[\u4e00-\u9fff]", chinese) and re.fullmatch(r"[\x20-\x7e]+", english), chinese


@pytest.mark.parametrize("number", range(1, 11))
def test_every_question_is_answered_with_chinese_columns(nights: list[Night], number: int) -> None:
    found = [row for night in nights for row in asked(night, number)]
    assert found, QUESTIONS[number - 1][0]
    assert all(re.search(r"[\u4e00-\u9fff]", column) for column in found[0])


def test_those_never_quoted_are_counted_of_the_matured_months_only(nights: list[Night]) -> None:
    for night in nights:
        rows = frame(night, "kpi_quoted_monthly")
        rows = rows[rows.is_matured]
        summed = rows.groupby(["store_id", "expiry_month"])[["due_vehicles", "never_quoted", "quoted_not_closed"]].sum()
        assert answers(night, 2, "门店", "应续", "从未报价", "报价未成交") == {
            (store, int(row.due_vehicles), int(row.never_quoted), int(row.quoted_not_closed))
            for (store, _), row in summed.iterrows()
        }


def test_losses_by_step_and_by_contradiction_are_those_of_the_vehicles(nights: list[Night]) -> None:
    for night in nights:
        steps = frame(night, "fct_cascade_step").dropna(subset=["loss_cause"])
        assert sum(row["辆数"] for row in asked(night, 3)) == len(steps)
        assert len(asked(night, 3)) == len(steps[["step", "loss_cause"]].drop_duplicates())
        lost = frame(night, "fct_loss").dropna(subset=["contradiction"])
        lost = lost[lost.contradiction != "none"]
        assert sum(row["辆数"] for row in asked(night, 4)) == len(lost)


def test_premium_and_commission_are_summed_before_they_are_divided(nights: list[Night]) -> None:
    for night in nights:
        rows = frame(night, "kpi_insurer_share_monthly")
        keys = ["expiry_month", "insurer_code"]
        premium = rows.groupby(keys).premium_amount.sum()
        assert sorted(float(row["保费"]) for row in asked(night, 6)) == pytest.approx(sorted(premium.astype(float)))
        known = rows.groupby(keys).commission_known_policies.sum()
        per = (rows.groupby(keys).commission_amount.sum().astype(float) / known.where(known > 0)).dropna()
        found = sorted(float(row["单均手续费"]) for row in asked(night, 6) if row["单均手续费"] is not None)
        assert found == pytest.approx(sorted(per), abs=0.005)


def test_every_row_of_the_lists_is_a_due_vehicle(nights: list[Night]) -> None:
    for night in nights:
        rows = frame(night, "fct_call_list").merge(
            frame(night, "fct_due_vehicle"), on=["store_id", "vehicle_key", "expiry_month"], suffixes=("", "_due")
        )
        assert sum(row["名单辆数"] for row in asked(night, 10)) == len(rows) == len(frame(night, "fct_call_list"))
        assert sum(row["未报价"] for row in asked(night, 10)) == int((~rows.is_quoted.astype(bool)).sum())


def test_a_segments_rate_is_that_of_the_newest_matured_month_and_the_year_before(nights: list[Night]) -> None:
    for night in nights:
        rows = frame(night, "kpi_renewal_rate_monthly")
        matured = rows[rows.is_matured]
        if matured.empty:
            assert asked(night, 1) == []
            continue
        newest = matured.expiry_month.max()
        now = rows[rows.expiry_month == newest].groupby("segment")[["renewed_here", "due_vehicles"]].sum()
        found = sorted((row["已续"], row["应续"]) for row in asked(night, 1))
        assert found == sorted((int(row.renewed_here), int(row.due_vehicles)) for row in now.itertuples())
        year_ago = rows[rows.expiry_month == newest - pd.DateOffset(years=1)]
        assert (
            sum(row["去年同月"] is not None for row in asked(night, 1))
            == year_ago.segment[year_ago.segment.isin(now.index)].nunique()
        )
