"""The rules of the weekly analysis: what is found, what is not, and that the costliest stands first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.report.findings import FAST_SHARE_LEAST, FEW, RULES, costliest, findings

COUNT = st.integers(0, 500)


def over(now: Any = None, before: Any = None, year_ago: Any = None) -> dict[str, Any]:
    return {"now": now, "before": before, "year_ago": year_ago}


WEEK = {"lost": 0, "contradicted": 0, "logged": 0, "not_on_time": 0}


def quiet(**other: Any) -> dict[str, Any]:
    """The figures of a week without any problem."""
    return {
        "closed": over(), "cascade": {}, "has_lists": True, "segments": {}, "reasons": {}, "week": over(WEEK, WEEK, WEEK),
        "claimed": over(), "quotes": {}, "hotline": over(), "concessions": over(),
    } | other  # fmt: skip


def names(figures: dict[str, Any]) -> list[str]:
    return [finding.name for finding in findings(figures)]


def test_a_week_without_problems_finds_none() -> None:
    assert findings(quiet()) == [] and costliest([]) is None


def test_the_closed_month_is_compared_with_the_one_before_and_a_year_ago() -> None:
    now = {"due": 100, "never_quoted": 30, "quoted_not_closed": 0}
    before = {"due": 90, "never_quoted": 20, "quoted_not_closed": 5}
    nothing = {"due": 0, "never_quoted": 0, "quoted_not_closed": 0}
    [finding] = findings(quiet(closed=over(now, before, nothing)))
    assert (finding.name, finding.cases, finding.total, finding.impact) == ("never_quoted", 30, 100, 30)
    assert finding.before == (20, 90) and finding.year_ago is None and not finding.is_few


def test_steps_before_the_first_list_are_not_blamed() -> None:
    steps = {
        "step_1": over({"handed_over": 50, "late": 8}),
        "step_2": over({"handed_over": 50, "late": 10}, {"handed_over": 40, "late": 4}),
    }
    assert names(quiet(cascade=steps, has_lists=False)) == []
    [finding] = findings(quiet(cascade=steps))
    assert finding.values == {"step": ("step", "step_2")} and finding.impact == 10 and finding.before == (4, 40)


def test_the_segment_furthest_below_its_target_in_vehicles_is_named_and_one_without_a_target_is_not() -> None:
    rows = {
        "policy_known": over({"renewed": 10, "due": 100, "target": 30}, {"renewed": 9, "due": 80, "target": 24}),
        "phone_only": over({"renewed": 0, "due": 10, "target": 2}),
        "out_of_town": over({"renewed": 0, "due": 99, "target": None}),
    }
    [finding] = findings(quiet(segments=rows))
    assert finding.impact == 20 and finding.values == {"segment": ("board.segment", "policy_known"), "target": 30}
    assert finding.before == (9, 80)


def test_a_reason_that_rises_is_found_but_never_one_that_nobody_stated() -> None:
    rows = {"not_stated": over(90, 1, 0), "price": over(9, 4, 2), "process": over(5, 5, 9)}
    week = over(WEEK | {"lost": 104}, WEEK | {"lost": 10}, WEEK)
    [finding] = findings(quiet(reasons=rows, week=week))
    assert finding.values == {"reason": ("reason_group", "price")} and finding.impact == 5
    assert finding.before == (4, 10) and finding.year_ago is None


def test_nothing_rises_against_a_week_in_which_nobody_stated_a_reason() -> None:
    rows = {"not_stated": over(0, 110, 104), "price": over(9, 0, 0)}
    assert names(quiet(reasons=rows, week=over(WEEK | {"lost": 9}, WEEK | {"lost": 110}, WEEK))) == []


@pytest.mark.parametrize(("timed", "found"), [(FAST_SHARE_LEAST, True), (FAST_SHARE_LEAST - 1, False)])
def test_an_insurer_is_judged_by_enough_requests_only(timed: int, found: bool) -> None:
    assert bool(findings(quiet(quotes={"PICC": over({"timed": timed, "slow": timed - 1})}))) is found


def test_one_call_of_many_that_was_missed_is_no_finding() -> None:
    assert names(quiet(hotline=over({"calls": 100, "unanswered": 4}))) == []
    assert names(quiet(hotline=over({"calls": 100, "unanswered": 5}))) == ["hotline_unanswered"]


def test_few_cases_are_called_few_and_not_named_first() -> None:
    few = quiet(hotline=over({"calls": FEW - 1, "unanswered": 8}), claimed=over({"claimed": 5, "not_issued": 4}))
    found = findings(few)
    assert [finding.name for finding in found] == ["claimed_not_issued", "hotline_unanswered"] and all(
        one.is_few for one in found
    )
    many = findings(few | {"closed": over({"due": 100, "never_quoted": 3, "quoted_not_closed": 0})})
    assert many[0].name == "claimed_not_issued" and costliest(many).name == "never_quoted"


@st.composite
def any_figures(draw: Any) -> dict[str, Any]:
    def pair(cases: str, total: str, **more: Any) -> dict[str, Any]:
        def one() -> dict[str, int] | None:
            most = draw(COUNT)
            return draw(st.none() | st.just({total: most, cases: draw(st.integers(0, most))} | more))

        return over(one(), one(), one())

    return quiet(
        closed=pair("never_quoted", "due", quoted_not_closed=draw(COUNT)), cascade={"step_1": pair("late", "handed_over")},
        segments={"phone_only": pair("renewed", "due", target=draw(COUNT))}, claimed=pair("not_issued", "claimed"),
        reasons={"price": over(draw(COUNT), draw(COUNT), draw(COUNT))}, quotes={"PICC": pair("slow", "timed")},
        week=over(*({name: draw(COUNT) for name in WEEK} for _ in range(3))),
        hotline=pair("unanswered", "calls"), concessions=pair("above_ceiling", "recorded"),
    )  # fmt: skip


@given(any_figures())
def test_the_costliest_stands_first_each_rule_speaks_once_and_never_without_a_case(figures: dict[str, Any]) -> None:
    found = findings(figures)
    impacts = [finding.impact for finding in found]
    counted = [impact for impact in impacts if impact is not None]
    assert counted == sorted(counted, reverse=True) and impacts == counted + [None] * (len(impacts) - len(counted))
    assert len({finding.name for finding in found}) == len(found) <= len(RULES)
    assert all(finding.cases > 0 or finding.name == "segment_below_target" for finding in found)
    assert all(pair is None or pair[1] > 0 for finding in found for pair in (finding.before, finding.year_ago))
