"""The rules of the weekly analysis (L21, L199): each looks at one problem and says what it costs, or nothing.

A rule gets the figures of one store or of the group and returns a Finding or None. It never divides by nothing, never
mixes matured and open months, and names its numerator and denominator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from exports.wording import Record

FEW = 10
"""Below so many cases a finding says that they are few."""
FAST_SHARE_LEAST = 20
"""Requests of a month that an insurer needs before its speed is judged."""
LITTLE = 0.05
"""What is not counted in vehicles is a finding from this share on."""

Figures = Mapping[str, Any]
"""Of one scope: topics with what they were now, before and a year ago (PERIODS); see weekly.py."""
PERIODS = ("now", "before", "year_ago")


@dataclass(frozen=True)
class Finding:
    """A problem that was found.

    name: its labels are report.<name> (title), report.<name>.text and report.<name>.action. cases of total: the share it
    is about; impact: vehicles not renewed because of it, None where it is not counted in vehicles. before and
    year_ago: (cases, total) of the period before and of a year ago, None if unknown. values: what else the text names.
    """

    name: str
    cases: int
    total: int
    impact: int | None
    before: tuple[int, int] | None = None
    year_ago: tuple[int, int] | None = None
    values: Mapping[str, Any] | None = None

    @property
    def is_few(self) -> bool:
        """Whether there are too few cases to conclude anything."""
        return self.total < FEW


def never_quoted(figures: Figures) -> Finding | None:
    """Vehicles of the newest closed month that were lost without a quote."""
    return _counted(figures["closed"], "never_quoted", "due", "never_quoted")


def quoted_not_closed(figures: Figures) -> Finding | None:
    """Vehicles of the newest closed month that were quoted and not won."""
    return _counted(figures["closed"], "quoted_not_closed", "due", "quoted_not_closed")


def handed_over_late(figures: Figures) -> Finding | None:
    """The step of the newest closed month that lost most because it came late or was never handed over; none before the
    first list."""
    steps = {step: rows for step, rows in figures["cascade"].items() if rows["now"] and rows["now"]["late"]}
    if not steps or not figures["has_lists"]:
        return None
    step = max(steps, key=lambda name: (steps[name]["now"]["late"], name))
    return _counted(steps[step], "late", "handed_over", "handed_over_late", values={"step": ("step", step)})


def segment_below_target(figures: Figures) -> Finding | None:
    """The segment of the newest closed month that is furthest below its target, in vehicles; its share is the rate."""
    short = {
        segment: rows for segment, rows in figures["segments"].items()
        if (now := rows["now"]) and now["target"] is not None and now["target"] > now["renewed"]
    }  # fmt: skip
    if not short:
        return None
    segment = max(short, key=lambda name: (short[name]["now"]["target"] - short[name]["now"]["renewed"], name))
    now = short[segment]["now"]
    return Finding(
        "segment_below_target", now["renewed"], now["due"], now["target"] - now["renewed"],
        _pair(short[segment]["before"], "renewed", "due"), _pair(short[segment]["year_ago"], "renewed", "due"),
        {"segment": ("board.segment", segment), "target": now["target"]},
    )  # fmt: skip


def reason_rises(figures: Figures) -> Finding | None:
    """The stated reason whose losses of the last whole week grew most against the week before, by the vehicles it grew.

    Nothing rises against a week in which nobody stated a reason.
    """
    stated = {group: rows for group, rows in figures["reasons"].items() if group != "not_stated"}
    if not any(rows["before"] for rows in stated.values()):
        return None
    grown = {group: rows["now"] - rows["before"] for group, rows in stated.items() if rows["now"] > rows["before"]}
    if not grown:
        return None
    group = max(grown, key=lambda name: (grown[name], stated[name]["now"], name))
    week = figures["week"]
    pairs = [(stated[group][when], week[when]["lost"]) if week[when]["lost"] else None for when in PERIODS]
    return Finding(
        "reason_rises", stated[group]["now"], week["now"]["lost"], grown[group], pairs[1], pairs[2],
        {"reason": ("reason_group", group)},
    )  # fmt: skip


def contradicted(figures: Figures) -> Finding | None:
    """Losses of the last whole week whose stated reason the facts contradict."""
    return _counted(figures["week"], "contradicted", "lost", "contradicted")


def follow_up_late(figures: Figures) -> Finding | None:
    """Rows of the last whole week's lists that were not called on their day."""
    return _shared(figures["week"], "not_on_time", "logged", "follow_up_late")


def claimed_not_issued(figures: Figures) -> Finding | None:
    """Renewals reported 成交 this month for which no policy came in time."""
    return _counted(figures["claimed"], "not_issued", "claimed", "claimed_not_issued")


def quotes_slow(figures: Figures) -> Finding | None:
    """The insurer that answered the smallest share of last month's requests within five minutes (L22)."""
    timed = {
        insurer: rows for insurer, rows in figures["quotes"].items()
        if rows["now"] and rows["now"]["timed"] >= FAST_SHARE_LEAST
    }  # fmt: skip
    if not timed:
        return None
    insurer = max(timed, key=lambda name: (timed[name]["now"]["slow"] / timed[name]["now"]["timed"], name))
    return _shared(timed[insurer], "slow", "timed", "quotes_slow", {"insurer": ("insurer", insurer)})


def hotline_unanswered(figures: Figures) -> Finding | None:
    """Accident calls of last month that nobody answered (L287-290)."""
    return _shared(figures["hotline"], "unanswered", "calls", "hotline_unanswered")


def concessions_high(figures: Figures) -> Finding | None:
    """Concessions of the newest closed month above the vehicle's ceiling, where the store shows them (DOMAIN §5)."""
    return _shared(figures["concessions"], "above_ceiling", "recorded", "concessions_high")


RULES: tuple[Callable[[Figures], Finding | None], ...] = (
    never_quoted, quoted_not_closed, handed_over_late, segment_below_target, reason_rises, contradicted, follow_up_late,
    claimed_not_issued, quotes_slow, hotline_unanswered, concessions_high,
)  # fmt: skip


def findings(figures: Figures) -> list[Finding]:
    """What the rules found, the costliest first: by vehicles, then what is not counted in vehicles by its share.

    A week's vehicles and a month's stand side by side: each is what the problem cost in its own period.
    """
    found = [finding for rule in RULES if (finding := rule(figures)) is not None]
    return sorted(
        found, key=lambda one: (one.impact is None, -(one.impact or 0), -one.cases / max(one.total, 1), one.name)
    )


def costliest(found: list[Finding]) -> Finding | None:
    """What to name first: the costliest that is counted in vehicles and not of few cases, else the first of all."""
    return next((one for one in found if one.impact is not None and not one.is_few), found[0] if found else None)


def _counted(
    rows: Figures, cases: str, total: str, name: str, values: Mapping[str, Any] | None = None
) -> Finding | None:
    """A finding whose cases are vehicles that were not renewed."""
    now = rows["now"]
    if not now or not now[cases]:
        return None
    before, year_ago = (_pair(rows[when], cases, total) for when in PERIODS[1:])
    return Finding(name, now[cases], now[total], now[cases], before, year_ago, values)


def _shared(
    rows: Figures, cases: str, total: str, name: str, values: Mapping[str, Any] | None = None
) -> Finding | None:
    """A finding that is not counted in vehicles, from a share of LITTLE on."""
    now = rows["now"]
    if not now or not now[total] or now[cases] < LITTLE * now[total] or not now[cases]:
        return None
    before, year_ago = (_pair(rows[when], cases, total) for when in PERIODS[1:])
    return Finding(name, now[cases], now[total], None, before, year_ago, values)


def _pair(row: Record | None, cases: str, total: str) -> tuple[int, int] | None:
    return (row[cases], row[total]) if row and row[total] else None
