"""步步为盈: which step a due vehicle was in, whose it was, and why it was lost there (L106, L153-158, DOMAIN §6)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from tests.recomputed.book import Book
from tests.recomputed.dealing import Dealing
from tests.recomputed.inputs import anniversary, day, last_day
from tests.recomputed.universe import VISITS, Due, Universe

LOST = ("refused", "timed_out", "renewed_elsewhere")
CAUSES = ("never_handed_over", "late", "never_quoted", "quoted_late", "worked")
COUNTS = ("won", "refused", "timed_out", "renewed_elsewhere", "open", "closed")


@dataclass
class Step:
    """A step of one due vehicle as it would run without a renewal, then as it ended."""

    name: str
    position: int
    role: str
    entered_on: date
    due_by: date
    is_refused: bool = False
    left_on: date | None = None
    outcome: str = "open"


class Cascade:
    """Steps of all due vehicles that have begun by as_of."""

    def __init__(self, universe: Universe, book: Book) -> None:
        self.universe = universe
        self.book = book
        self.as_of = universe.as_of

    def rows(self) -> list[dict[str, Any]]:
        """One row per vehicle and step, with the columns of fct_cascade_step but the vehicle's VIN for its key."""
        return [self._row(due, step) for due in self.universe.due for step in self.ended(due, self.chain(due))]

    def chain(self, due: Due) -> list[Step]:
        """The steps by days left to the earlier expiry; a refusal ends one early, and the next begins the day after."""
        first_expires_on = earlier_expiry(self.universe, due)
        rules = self.universe.inputs.valid("cascade_step", "step", due.store_id, due.expiry_month)
        rules = [rules[number] for number in sorted(rules, key=int)]
        entry_on = self.universe.frozen_on(due) if self.universe.is_late_entry(due) else date.min
        days = self.universe.parameter("cascade_preparation_days", due.store_id, due.expiry_month)
        begins_on = first_expires_on - timedelta(days=days)
        renewed_on = self.universe.renewed_on(due)
        plan = [("preparation", "renewal_specialist", min(begins_on, renewed_on or begins_on),
                 first_expires_on - timedelta(days=int(rules[0]["first_days_left"]) + 1))]  # fmt: skip
        for rule in rules:
            begins_on = first_expires_on - timedelta(days=int(rule["first_days_left"]))
            ends_on = first_expires_on - timedelta(days=max(int(rule["last_days_left"]), 0))
            plan.append((f"step_{rule['step']}", rule["role"], begins_on, ends_on))
        recall_to = due.expires_on - timedelta(days=int(rules[-1]["last_days_left"]))
        plan.append(("recall", rules[-1]["role"], first_expires_on + timedelta(days=1), recall_to))

        steps: list[Step] = []
        for position, (name, role, begins_on, ends_on) in enumerate(plan):
            entered_on = max(begins_on, entry_on)
            if steps and steps[-1].is_refused and name != "recall":
                entered_on = steps[-1].due_by + timedelta(days=1)
            if entered_on > ends_on:
                continue
            step = Step(name, position, role, entered_on, ends_on)
            refusals = [on for on in self._refusals.get(self._key(due), []) if entered_on <= on <= ends_on]
            if refusals and name != "preparation":
                step.due_by, step.is_refused = min(refusals), True
            steps.append(step)
        return steps

    def ended(self, due: Due, steps: list[Step]) -> list[Step]:
        """The steps that have begun, with how they ended: won by the last one that had begun when it was signed."""
        on = self.universe.renewed_on(due) or (due.told_renewal.told_on if due.told_renewal else None)
        decided_on = on if due.outcome in ("renewed_here", "renewed_elsewhere") else None
        begun = [step for step in steps if step.entered_on <= (decided_on or self.as_of)]
        for step in begun:
            if decided_on and step is begun[-1]:
                step.outcome = "won" if due.outcome == "renewed_here" else "renewed_elsewhere"
                step.left_on = decided_on
            elif step.is_refused or step.due_by < self.as_of:
                step.outcome, step.left_on = "refused" if step.is_refused else "timed_out", step.due_by
            else:
                step.outcome = "open" if due.outcome == "open" else "closed"
        return begun

    def owner(self, due: Due, step: Step) -> str | None:
        """Whom the manager named last by the end of the step, else whose it was when it began."""
        until = step.left_on or self.as_of
        named = [staff for on, staff in self.named(due, step) if on <= until]
        return named[-1] if named else self.dealing.assigned(due, step) or self.first_owner(due, step)

    @cached_property
    def dealing(self) -> Dealing:
        return Dealing(self)

    def first_owner(self, due: Due, step: Step) -> str | None:
        """Whom a night archived for the role by the step's end, else who is known; else, of those who are in the role and
        store on the day the step begins, the one with the smallest hash; else the book's owner."""
        kept, since = self.dealing.kept.get((*self._key(due), step.role), (None, date.max))
        if kept and since <= step.due_by:
            return kept
        active = self.book.active(due.store_id, step.role, step.entered_on)
        if step.role == "renewal_specialist" or not active:
            return self.book.owner(due)
        return self.known(due, step) or min(
            active, key=lambda staff: hashlib.md5((due.vin + staff).encode()).hexdigest()
        )

    def known(self, due: Due, step: Step) -> str | None:
        """Step 1: who sold the car; step 2: who served it last, if in the role and store on the day the step begins; the
        specialist's steps: who owns the book."""
        if step.role == "renewal_specialist":
            return self.book.owner(due)
        active = self.book.active(due.store_id, step.role, step.entered_on)
        met: list[str | None] = []
        if step.role == "sales_consultant" and self.universe.sales.get(due.vin):
            sale = self.universe.sales[due.vin]
            met = [sale["staff_id"]] if sale["sold_on"] < step.entered_on else []
        elif step.role == "service_advisor":
            met = [order[2] for order in self._orders.get(due.vin, []) if day(order[0]) < step.entered_on]
        known = [staff for staff in met if staff in active]
        return known[-1] if known else None

    def named(self, due: Due, step: Step) -> list[tuple[date, str]]:
        """(effective on, staff) of the manager's reassignments that bind a step, in order: about the renewal whose expiry
        is within a year, to somebody of the step's role or to a manager, at work in the store during the step."""
        found = []
        for on, staff in self._decisions.get((due.store_id, due.vin), []):
            if on <= anniversary(due.expires_on, -1):
                continue
            for role in (step.role, "insurance_manager"):
                if any(
                    first <= step.due_by and max(on, step.entered_on) <= last and on <= step.due_by
                    for first, last in self.book.spells(staff, due.store_id, role)
                ):
                    found.append((on, staff))
        return found

    def first_quote(self, due: Due) -> datetime | None:
        """The first real quote for this renewal: current policy signed + 30 d < quoted <= expiry + 30 d, whole days."""
        numbers = self.universe.inputs.valid("call_list_parameter", "parameter", due.store_id, due.expiry_month)
        after_signing = int(numbers["quote_after_signing_days"]["value"])
        after_expiry = int(numbers["quote_after_expiry_days"]["value"])
        signed_on = due.term.governing.signed_on if due.term else anniversary(due.expires_on, -1)
        first = datetime.combine(signed_on + timedelta(days=after_signing + 1), time.min)
        until = datetime.combine(due.expires_on + timedelta(days=after_expiry + 1), time.min)
        return min((at for at in self._quotes.get(due.vin, []) if first <= at < until), default=None)

    def loss_cause(self, due: Due, step: Step, listed: list[date], quoted: datetime | None) -> str | None:
        """The first that holds of what went wrong at a calling step that was lost."""
        if step.outcome not in LOST or step.name == "preparation":
            return None
        late = self.universe.parameter("cascade_late_days", due.store_id, due.expiry_month)
        quote = self.universe.parameter("cascade_quote_days", due.store_id, due.expiry_month)
        if not listed:
            return "never_handed_over"
        if listed[0] > step.entered_on + timedelta(days=late):
            return "late"
        if quoted is None or quoted.date() > step.left_on:
            return "never_quoted"
        return "quoted_late" if quoted.date() > step.entered_on + timedelta(days=quote) else "worked"

    def _row(self, due: Due, step: Step) -> dict[str, Any]:
        owner = self.owner(due, step)
        until = step.left_on or min(step.due_by, self.as_of)
        lists = self._lists.get(self._key(due), [])
        lists = [listed for listed in lists if step.entered_on <= listed[0] <= until]
        listed = sorted({on for on, staff, name in lists if (name == step.name if name else staff == owner)})
        quoted = self.first_quote(due)
        return {
            "store_id": due.store_id, "vin": due.vin, "expiry_month": due.expiry_month, "step": step.name,
            "position": step.position, "role": step.role, "owner_id": owner, "entered_on": step.entered_on,
            "due_by": step.due_by, "left_on": step.left_on, "outcome": step.outcome,
            "days_callable": len({on for on, _, _ in lists}), "days_on_owner_list": len(listed),
            "first_on_owner_list_on": listed[0] if listed else None,
            "first_quoted_on": quoted.date() if quoted else None,
            "loss_cause": self.loss_cause(due, step, listed, quoted), "is_matured": is_matured(self.universe, due),
        }  # fmt: skip

    def _key(self, due: Due) -> tuple[str, str, date]:
        return due.store_id, due.vin, due.expiry_month

    @cached_property
    def _refusals(self) -> dict[tuple[str, str, date], list[date]]:
        effects = {row["result"]: row["effect"] for row in self.universe.inputs.seed("result_code")}
        found: dict[tuple[str, str, date], list[date]] = {}
        for row in self.universe.results.to_dict("records"):
            if effects[row["result"]] == "refused":
                found.setdefault((row["store_id"], row["vin"], row["expiry_month"]), []).append(row["list_for_on"])
        return found

    @cached_property
    def _lists(self) -> dict[tuple[str, str, date], list[tuple[date, str, str | None]]]:
        found: dict[tuple[str, str, date], list[tuple[date, str, str | None]]] = {}
        for row in self.universe.lists.to_dict("records"):
            if row["list_for_on"] < self.as_of:
                key = (row["store_id"], row["vin"], row["expiry_month"])
                found.setdefault(key, []).append((row["list_for_on"], row["staff_id"], row["step"]))
        return found

    @cached_property
    def _decisions(self) -> dict[tuple[str, str], list[tuple[date, str]]]:
        """Store and VIN → (effective on, new staff id) of each reassignment, in order."""
        rows = self.universe.inputs.entity("manager_decision").to_dict("records")
        rows.sort(key=lambda row: (row["effective_on"], row["decided_at"], row["decision_number"]))
        found: dict[tuple[str, str], list[tuple[date, str]]] = {}
        for row in rows:
            if (row["decision"], row["subject"]) == ("reassign", "book"):
                found.setdefault((row["store_id"], row["vin"]), []).append((row["effective_on"], row["to_staff_id"]))
        return found

    @cached_property
    def _orders(self) -> dict[str, list[tuple[datetime, str, str | None]]]:
        """VIN → (opened at, number, advisor) of each visit, in order."""
        found: dict[str, list[tuple[datetime, str, str | None]]] = {}
        for row in self.universe.inputs.entity("repair_order").to_dict("records"):
            if row["order_kind"] in VISITS:
                found.setdefault(row["vin"], []).append((row["opened_at"], row["order_number"], row["staff_id"]))
        return {vin: sorted(orders, key=lambda order: order[:2]) for vin, orders in found.items()}

    @cached_property
    def _quotes(self) -> dict[str, list[datetime]]:
        """VIN → times of quotes with a price."""
        found: dict[str, list[datetime]] = {}
        for row in self.universe.inputs.entity("quote").to_dict("records"):
            if (row["commercial_amount"] or 0) + (row["compulsory_amount"] or 0) > 0:
                found.setdefault(row["vin"], []).append(row["quoted_at"])
        return found


def earlier_expiry(universe: Universe, due: Due) -> date:
    """The earlier of both expiries, unless its own renewal window has passed (decision 11)."""
    days = universe.parameter("window_before_days", due.store_id, due.expiry_month)
    ends = [policy.ends_on for policy in due.term.policies] if due.term else []
    near = [on for on in ends if due.expires_on - timedelta(days=days) <= on]
    return min([due.expires_on, *near])


def is_matured(universe: Universe, due: Due) -> bool:
    window = universe.parameter("window_after_days", due.store_id, due.expiry_month)
    return universe.as_of > last_day(due.expiry_month) + timedelta(days=window)


def cascade_monthly(steps: pd.DataFrame) -> pd.DataFrame:
    """The columns of kpi_cascade_monthly."""
    found = []
    for (store, month, step, position), rows in steps.groupby(["store_id", "expiry_month", "step", "position"]):
        outcomes, causes = rows["outcome"].value_counts(), rows["loss_cause"].value_counts()
        (matured,) = set(rows["is_matured"])
        found.append(
            {
                "store_id": store, "expiry_month": month, "step": step, "position": position,
                "handed_over": len(rows),
                **{name: int(outcomes.get(name, 0)) for name in COUNTS},
                "lost_at_step": int(rows["loss_cause"].notna().sum()),
                **{f"lost_{cause}": int(causes.get(cause, 0)) for cause in CAUSES},
                "is_matured": matured,
            }
        )  # fmt: skip
    return pd.DataFrame(found, dtype=object)
