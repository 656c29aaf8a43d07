"""Whose the step in force of each open vehicle is: archived, known, or dealt out tonight (DOMAIN §6, decision 74)."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tests.recomputed.bonus import is_working_day
from tests.recomputed.inputs import Inputs
from tests.recomputed.segments import Freeze
from tests.recomputed.universe import Due

if TYPE_CHECKING:
    from tests.recomputed.cascade import Cascade, Step

Key = tuple[str, str, date]


@dataclass
class Turn:
    """The step in force of an open vehicle, whom the manager named, and whose it is."""

    due: Due
    step: Step
    named: str | None
    settled: str | None


class Dealing:
    """Tonight's deal over all stores."""

    def __init__(self, cascade: Cascade) -> None:
        self.cascade, self.universe, self.book = cascade, cascade.universe, cascade.book
        self.inputs, self.freeze = cascade.universe.inputs, Freeze(cascade.universe)

    def assigned(self, due: Due, step: Step) -> str | None:
        """Whose the step is, if it is the one in force of an open vehicle."""
        name, staff = self._assigned.get((due.store_id, due.vin, due.expiry_month), (None, None))
        return staff if name == step.name else None

    @cached_property
    def _assigned(self) -> dict[Key, tuple[str, str | None]]:
        turns = [turn for due in self.universe.due if due.outcome == "open" and (turn := self._turn(due))]
        found = {self._key(turn.due): (turn.step.name, turn.settled) for turn in turns}
        loads = Counter((turn.due.store_id, turn.step.role, turn.named or turn.settled) for turn in turns)
        new: dict[tuple[str, str], list[Turn]] = {}
        for turn in turns:
            if not turn.named and not turn.settled and turn.step.entered_on <= self.list_day(turn.due.store_id):
                new.setdefault((turn.due.store_id, turn.step.role), []).append(turn)
        for (store, role), some in new.items():
            people = sorted(self._present(store, role), key=lambda staff: (loads[store, role, staff], staff))
            some.sort(key=lambda turn: (self.freeze.segment(turn.due), _md5(turn.due.vin), turn.due.expiry_month))
            for place, turn in enumerate(some if people else []):
                found[self._key(turn.due)] = turn.step.name, people[place % len(people)]
        return found

    def _turn(self, due: Due) -> Turn | None:
        on, steps = self.list_day(due.store_id), self.cascade.chain(due)
        if not steps:
            return None
        step = min(steps, key=lambda step: (step.entered_on > on, abs((on - step.entered_on).days), step.position))
        holders = self.book.active(due.store_id, step.role, on)
        able = {*holders, *self.book.active(due.store_id, "insurance_manager", on)}
        named = [staff for effective_on, staff in self.cascade.named(due, step) if effective_on <= on and staff in able]
        last, _ = self.kept.get((*self._key(due), step.role), (None, None))
        mine = [staff for staff in (last, self.cascade.known(due, step)) if staff in holders]
        return Turn(due, step, named[-1] if named else None, mine[0] if mine else None)

    @cached_property
    def kept(self) -> dict[tuple[str, str, date, str], tuple[str, date]]:
        """Store, VIN, month and role → who had the role's steps in the last night, and since when."""
        rows = self.inputs.archive("assignment").to_dict("records")
        return {
            (row["store_id"], row["vin"], row["expiry_month"], row["role"]): (row["staff_id"], row["assigned_on"])
            for row in rows
            if row["duty"] == "calls"
        }

    def list_day(self, store: str) -> date:
        """as_of, or the next day on which the store calls."""
        days = (self.universe.as_of + timedelta(days=ahead) for ahead in range(31))
        return next(day for day in days if is_calling_day(self.inputs, store, day))

    def _present(self, store: str, role: str) -> list[str]:
        on = self.list_day(store)
        away = {
            row["staff_id"]
            for row in self.inputs.entity("staff_leave").to_dict("records")
            if row["starts_on"] <= on <= (row["ends_on"] or date.max)
        }
        return [staff for staff in self.book.active(store, role, on) if staff not in away]

    def _key(self, due: Due) -> Key:
        return due.store_id, due.vin, due.expiry_month


def is_calling_day(inputs: Inputs, store: str, on: date) -> bool:
    """A working day; on a holiday only if the store calls on holidays and works on the weekday (decision 73)."""
    kinds: dict[Any, str | None] = {row["day"]: row["kind"] for row in inputs.seed("statutory_day")}
    if kinds.get(str(on)) != "holiday":
        return is_working_day(inputs, store, on)
    works = inputs.valid("working_calendar", "weekday", store, on)[str(on.isoweekday())]["is_working_day"] == "true"
    return works and inputs.number("call_list_parameter", "calls_on_statutory_holidays", store, on) == 1


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
