"""The rules of the weekly analysis: what is found, what is not, and that the costliest stands first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.report.findings import FAST_SHARE_LEAST, FEW, RULES, findings

COUNT = st.integers(0, 500)


def quiet(**other: Any) -> dict[str, Any]:
    """The figures of a week without any problem."""
    week = {"lost": 0, "contradicted": 0, "logged": 0, "not_on_time": 0}
    return {
        "now": None, "before": None, "year_ago": None, "cascade": [], "has_lists": True, "segments": [], "reasons": [],
        "week": week, "week_before": week, "week_year_ago": week, "claimed": {"claimed": 0, "not_issued": 0}, "quotes": [],
        "hotline": {"calls": 0, "answered": 0}, "concessions": None,
    } | other  # fmt: skip


def names(figures: dict[str, Any]) -> list[str]:
    return [finding.name for finding in findings(figures)]


def test_a_week_without_problems_finds_none() -> None:
    assert findings(quiet()) == []


def test_the_closed_month_is_compared_with_the_one_before_and_a_year_ago() -> None:
    now = {"due": 100, "never_quoted": 30, "quoted_not_closed": 0}
    before = {"due": 90, "never_quoted": 20, "quoted_not_closed": 5}
    [finding] = findings(quiet(now=now, before=before, year_ago={"due": 0, "never_quoted": 0, "quoted_not_closed": 0}))
    assert (finding.name, finding.cases, finding.total, finding.impact) == ("never_quoted", 30, 100, 30)
    assert finding.before == (20, 90) and finding.year_ago is None and not finding.is_few


def test_steps_before_the_first_list_are_not_blamed() -> None:
    step = {"step": "step_2", "position": 2, "handed_over": 50, "late": 3, "never_handed_over": 7}
    assert names(quiet(cascade=[step], has_lists=False)) == []
    [finding] = findings(quiet(cascade=[step, step | {"step": "step_1", "position": 1, "late": 1}]))
    assert finding.values == {"step": ("step", "step_2")} and finding.impact == 10


def test_the_segment_furthest_below_its_target_in_vehicles_is_named_and_one_without_a_target_is_not() -> None:
    rows = [
        {"segment": "policy_known", "renewed_here": 10, "due_vehicles": 100, "target_vehicles": 30},
        {"segment": "phone_only", "renewed_here": 0, "due_vehicles": 10, "target_vehicles": 2},
        {"segment": "out_of_town", "renewed_here": 0, "due_vehicles": 99, "target_vehicles": None},
    ]
    [finding] = findings(quiet(segments=rows))
    assert finding.impact == 20 and finding.values == {"segment": ("board.segment", "policy_known"), "target": 30}


def test_a_reason_that_rises_is_found_but_never_one_that_nobody_stated() -> None:
    rows = [
        {"reason_group": "not_stated", "now": 90, "before": 1, "year_ago": 0},
        {"reason_group": "price", "now": 9, "before": 4, "year_ago": 2},
        {"reason_group": "process", "now": 5, "before": 5, "year_ago": 9},
    ]
    week = {"lost": 104, "contradicted": 0, "logged": 0, "not_on_time": 0}
    [finding] = findings(
        quiet(reasons=rows, week=week, week_before=week | {"lost": 10}, week_year_ago=week | {"lost": 11})
    )
    assert (
        finding.values == {"reason": ("reason_group", "price")}
        and finding.before == (4, 10)
        and finding.year_ago == (2, 11)
    )


@pytest.mark.parametrize(("timed", "found"), [(FAST_SHARE_LEAST, True), (FAST_SHARE_LEAST - 1, False)])
def test_an_insurer_is_judged_by_enough_requests_only(timed: int, found: bool) -> None:
    assert bool(findings(quiet(quotes=[{"insurer_code": "PICC", "timed": timed, "fast": 1}]))) is found


def test_few_cases_are_called_few() -> None:
    [finding] = findings(quiet(hotline={"calls": FEW - 1, "answered": 1}))
    assert finding.is_few and finding.impact is None


@st.composite
def any_figures(draw: Any) -> dict[str, Any]:
    due = draw(COUNT)
    part = st.integers(0, due)
    week = {name: draw(COUNT) for name in ("lost", "contradicted", "logged", "not_on_time")}
    calls = draw(COUNT)
    return quiet(
        now={"due": due, "never_quoted": draw(part), "quoted_not_closed": draw(part)},
        cascade=[{"step": "step_1", "position": 1, "handed_over": draw(COUNT), "late": draw(COUNT), "never_handed_over": draw(COUNT)}],
        segments=[{"segment": "phone_only", "renewed_here": draw(COUNT), "due_vehicles": draw(COUNT), "target_vehicles": draw(COUNT)}],
        reasons=[{"reason_group": "price", "now": draw(COUNT), "before": draw(COUNT), "year_ago": draw(COUNT)}],
        week=week, claimed={"claimed": draw(COUNT), "not_issued": draw(COUNT)},
        quotes=[{"insurer_code": "PICC", "timed": draw(COUNT), "fast": draw(COUNT)}],
        hotline={"calls": calls, "answered": draw(st.integers(0, calls))},
        concessions=draw(st.none() | st.just({"above_ceiling": 3, "recorded": 9})),
    )  # fmt: skip


@given(any_figures())
def test_the_costliest_stands_first_each_rule_speaks_once_and_never_without_a_case(figures: dict[str, Any]) -> None:
    found = findings(figures)
    impacts = [finding.impact for finding in found]
    counted = [impact for impact in impacts if impact is not None]
    assert counted == sorted(counted, reverse=True) and impacts == counted + [None] * (len(impacts) - len(counted))
    assert len({finding.name for finding in found}) == len(found) <= len(RULES)
    assert all(finding.cases > 0 or finding.name == "segment_below_target" for finding in found)
