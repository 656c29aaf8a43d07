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

Figures = Mapping[str, Any]
"""Of one scope: `now`, `before`, `year_ago` with counts of the closed months; lists by topic; see weekly.py."""


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
    return _share_of_due(figures, "never_quoted")


def quoted_not_closed(figures: Figures) -> Finding | None:
    """Vehicles of the newest closed month that were quoted and not won."""
    return _share_of_due(figures, "quoted_not_closed")


def handed_over_late(figures: Figures) -> Finding | None:
    """The step of the newest closed month that lost most because it came late or was never handed over; none before the
    first list."""
    steps = [row for row in figures["cascade"] if row["late"] + row["never_handed_over"] > 0]
    if not steps or not figures["has_lists"]:
        return None
    worst = max(steps, key=lambda row: (row["late"] + row["never_handed_over"], -row["position"]))
    cases = worst["late"] + worst["never_handed_over"]
    return Finding("handed_over_late", cases, worst["handed_over"], cases, values={"step": ("step", worst["step"])})


def segment_below_target(figures: Figures) -> Finding | None:
    """The segment of the newest closed month that is furthest below its target, in vehicles."""
    short = [
        row for row in figures["segments"] if row["target_vehicles"] and row["target_vehicles"] > row["renewed_here"]
    ]
    if not short:
        return None
    worst = max(short, key=lambda row: (row["target_vehicles"] - row["renewed_here"], row["segment"]))
    return Finding(
        "segment_below_target", worst["renewed_here"], worst["due_vehicles"], worst["target_vehicles"] - worst["renewed_here"],
        values={"segment": ("board.segment", worst["segment"]), "target": worst["target_vehicles"]},
    )  # fmt: skip


def reason_rises(figures: Figures) -> Finding | None:
    """The stated reason whose losses of the last whole week grew most against the week before."""
    grown = [row for row in figures["reasons"] if row["now"] > row["before"] and row["reason_group"] != "not_stated"]
    if not grown:
        return None
    worst = max(grown, key=lambda row: (row["now"] - row["before"], row["now"], row["reason_group"]))
    return Finding(
        "reason_rises", worst["now"], figures["week"]["lost"], worst["now"],
        before=(worst["before"], figures["week_before"]["lost"]), year_ago=(worst["year_ago"], figures["week_year_ago"]["lost"]),
        values={"reason": ("reason_group", worst["reason_group"])},
    )  # fmt: skip


def contradicted(figures: Figures) -> Finding | None:
    """Losses of the last whole week whose stated reason the facts contradict."""
    return _of_week(figures, "contradicted", "lost", "contradicted", in_vehicles=True)


def follow_up_late(figures: Figures) -> Finding | None:
    """Rows of the last whole week's lists that were not called on their day."""
    return _of_week(figures, "not_on_time", "logged", "follow_up_late", in_vehicles=False)


def claimed_not_issued(figures: Figures) -> Finding | None:
    """Renewals reported 成交 this month for which no policy came in time."""
    claimed = figures["claimed"]
    if not claimed["not_issued"]:
        return None
    return Finding("claimed_not_issued", claimed["not_issued"], claimed["claimed"], claimed["not_issued"])


def quotes_slow(figures: Figures) -> Finding | None:
    """The insurer that answered the smallest share of last month's requests within five minutes (L22)."""
    timed = [row for row in figures["quotes"] if row["timed"] >= FAST_SHARE_LEAST and row["fast"] < row["timed"]]
    if not timed:
        return None
    worst = min(timed, key=lambda row: (row["fast"] / row["timed"], row["insurer_code"]))
    return Finding(
        "quotes_slow", worst["timed"] - worst["fast"], worst["timed"], None,
        values={"insurer": ("insurer", worst["insurer_code"])},
    )  # fmt: skip


def hotline_unanswered(figures: Figures) -> Finding | None:
    """Accident calls of last month that nobody answered (L287-290)."""
    hotline = figures["hotline"]
    if not hotline["calls"] or hotline["answered"] == hotline["calls"]:
        return None
    return Finding("hotline_unanswered", hotline["calls"] - hotline["answered"], hotline["calls"], None)


def concessions_high(figures: Figures) -> Finding | None:
    """Concessions of the newest closed month above the vehicle's ceiling, where the store shows them (DOMAIN §5)."""
    given = figures["concessions"]
    if not given or not given["above_ceiling"]:
        return None
    return Finding("concessions_high", given["above_ceiling"], given["recorded"], None)


RULES: tuple[Callable[[Figures], Finding | None], ...] = (
    never_quoted, quoted_not_closed, handed_over_late, segment_below_target, reason_rises, contradicted, follow_up_late,
    claimed_not_issued, quotes_slow, hotline_unanswered, concessions_high,
)  # fmt: skip


def findings(figures: Figures) -> list[Finding]:
    """What the rules found, the costliest first: by vehicles, then what is not counted in vehicles by its share."""
    found = [finding for rule in RULES if (finding := rule(figures)) is not None]
    return sorted(
        found, key=lambda one: (one.impact is None, -(one.impact or 0), -one.cases / max(one.total, 1), one.name)
    )


def _share_of_due(figures: Figures, name: str) -> Finding | None:
    now = figures["now"]
    if not now or not now[name]:
        return None
    before, year_ago = (_pair(figures[when], name, "due") for when in ("before", "year_ago"))
    return Finding(name, now[name], now["due"], now[name], before=before, year_ago=year_ago)


def _of_week(figures: Figures, cases: str, total: str, name: str, in_vehicles: bool) -> Finding | None:
    week = figures["week"]
    if not week[cases]:
        return None
    before, year_ago = (_pair(figures[when], cases, total) for when in ("week_before", "week_year_ago"))
    return Finding(
        name, week[cases], week[total], week[cases] if in_vehicles else None, before=before, year_ago=year_ago
    )


def _pair(row: Record | None, cases: str, total: str) -> tuple[int, int] | None:
    return (row[cases], row[total]) if row and row[total] else None
