"""The due universe from raw: which vehicle is due in which month and at which store, and what became of it (DOMAIN §2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from tests.recomputed.inputs import Inputs, add_months, anniversary, day, last_day, month, months_before, where
from tests.recomputed.policies import Policy, Term, is_cancelled_late, policies, terms

VISITS = ("customer_paid", "warranty", "accident")
"""A visit is no delivery inspection."""


@dataclass(frozen=True)
class Told:
    """A policy elsewhere that a customer told of, in the DMS or on a returned list."""

    record: str
    vin: str
    store_id: str
    insurer: str | None
    ends_on: date
    told_on: date

    @property
    def starts_on(self) -> date:
        return anniversary(self.ends_on + timedelta(days=1), -1)


@dataclass(frozen=True)
class Anchor:
    """A day from which expiries can be told: `next_on` is the day on which the next year of cover would begin."""

    next_on: date
    starts_on: date
    known_on: date
    from_roll: int
    told: Told | None = None
    term: Term | None = None


@dataclass
class Due:
    """A vehicle in an expiry month."""

    vin: str
    expires_on: date
    known_on: date
    term: Term | None = None
    told: Told | None = None
    store_id: str = ""
    renewals: list[Policy] = field(default_factory=list)
    """Renewal policies of the winning side: those of this store if there is one, else all."""
    all_renewals: list[Policy] = field(default_factory=list)
    told_renewal: Told | None = None
    outcome: str = "open"
    is_out: bool = False

    @property
    def expiry_month(self) -> date:
        return month(self.expires_on)

    @property
    def is_estimated(self) -> bool:
        return self.term is None


class Universe:
    """Everything that is known before as_of, and the due vehicles that follow from it."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.as_of = inputs.as_of
        self.policies = policies(inputs)
        self.terms = terms(inputs, self.policies)
        self.slots = [due for due in self._slots() if self._settle(due)]
        """What is or was due, those that left with proof among them."""
        self.due = [due for due in self.slots if not due.is_out]

    def parameter(self, name: str, store: str, first: date) -> int:
        return self.inputs.number("renewal_parameter", name, store, first)

    # ---------- what is known

    @cached_property
    def stores(self) -> dict[str, dict[str, Any]]:
        return {row["store_id"]: row for row in self.inputs.entity("store").to_dict("records")}

    @cached_property
    def vehicles(self) -> dict[str, dict[str, Any]]:
        """VIN → what the DMS holds of it."""
        return {row["vin"]: row for row in self.inputs.entity("vehicle").to_dict("records")}

    @cached_property
    def visits(self) -> dict[str, list[tuple[date, str]]]:
        """VIN → (day, store) of each visit, in order."""
        found: dict[str, list[tuple[date, str]]] = {}
        orders = self.inputs.entity("repair_order")
        for row in orders[orders["order_kind"].isin(VISITS)].to_dict("records"):
            found.setdefault(row["vin"], []).append((day(row["opened_at"]), row["store_id"]))
        return {vin: sorted(mine) for vin, mine in found.items()}

    @cached_property
    def sales(self) -> dict[str, dict[str, Any]]:
        """VIN → its last sale."""
        rows = self.inputs.entity("vehicle_sale").sort_values(["sold_on", "sale_number"])
        return {row["vin"]: row for row in rows.to_dict("records")}

    @cached_property
    def told(self) -> list[Told]:
        """What customers told, in the DMS and on returned lists."""
        rows = self.inputs.entity("customer_known_policy").to_dict("records")
        found = [
            Told(row["report_number"], row["vin"], row["store_id"], row["insurer_name"], row["expires_on"],
                 row["reported_on"])
            for row in rows
        ]  # fmt: skip
        for row in self.results.to_dict("records"):
            if row["known_expires_on"]:
                record = f"{row['list_id']}:{row['row_id']}"
                found.append(Told(record, row["vin"], row["store_id"], row["known_insurer"], row["known_expires_on"],
                                  row["list_for_on"]))  # fmt: skip
        return found

    @cached_property
    def results(self) -> pd.DataFrame:
        """Returned lines whose list is archived, with vehicle, store and day of the list."""
        lines = self.inputs.entity("call_result")
        lines = where(lines, [on < self.as_of for on in lines["_business_date"]])
        return lines.drop(columns=["_row"]).merge(self.lists, on=["list_id", "row_id"])

    @cached_property
    def lists(self) -> pd.DataFrame:
        """Rows of every list that was handed out before, the last revision of each."""
        rows = self.inputs.archive("call_list").sort_values(["_as_of", "_revision"])
        rows = where(rows, [listed is not False for listed in rows["is_listed"]])
        rows = rows.drop_duplicates(["list_id", "row_id"], keep="last")
        return rows[["list_id", "row_id", "store_id", "staff_id", "vin", "expiry_month", "step", "list_for_on"]]

    # ---------- who is due when

    def _slots(self) -> list[Due]:
        """One row per vehicle and due month: an expiry of a policy, else an estimated one."""
        first = add_months(month(self.as_of), -self.parameter("universe_months_back", "*", month(self.as_of)))
        last = add_months(month(self.as_of), self.parameter("universe_months_ahead", "*", month(self.as_of)))
        found: dict[tuple[str, date], Due] = {}
        for due in [*map(self._of_policy, self.terms), *self._estimates(first, last)]:
            key = (due.vin, due.expiry_month)
            if first <= due.expiry_month <= last and (key not in found or self._goes_before(due, found[key])):
                found[key] = due
        return list(found.values())

    def _of_policy(self, term: Term) -> Due:
        return Due(term.vin, term.expires_on, term.governing.known_on, term=term)

    def _goes_before(self, one: Due, other: Due) -> bool:
        """Of two expiries in one month: commercial before compulsory, the later one, paper before an estimate."""

        def rank(due: Due) -> tuple[bool, bool, date, str]:
            return (
                due.term is not None,
                due.term is not None and due.term.governing.kind == "commercial",
                due.expires_on,
                due.term.governing.number if due.term else "",
            )

        return rank(one) > rank(other)

    def _anchors(self) -> dict[str, list[Anchor]]:
        found: dict[str, list[Anchor]] = {}
        for term in self.terms:
            policy = term.governing
            anchor = Anchor(policy.ends_on + timedelta(days=1), policy.starts_on, policy.known_on, 1, term=term)
            found.setdefault(term.vin, []).append(anchor)
        for policy in self._cancelled():
            anchor = Anchor(policy.ends_on + timedelta(days=1), policy.starts_on, policy.known_on, 0)
            found.setdefault(policy.vin, []).append(anchor)
        for told in self.told:
            anchor = Anchor(told.ends_on + timedelta(days=1), told.starts_on, told.told_on, 0, told=told)
            found.setdefault(told.vin, []).append(anchor)
        for vin in {*self.vehicles, *self.sales}:
            sold_on = self.sales[vin]["sold_on"] if vin in self.sales else None
            vehicle = self.vehicles.get(vin, {"first_registered_on": None, "created_on": sold_on})
            if began := vehicle["first_registered_on"] or sold_on:
                found.setdefault(vin, []).append(Anchor(began, began, vehicle["created_on"], 1))
        return found

    def _cancelled(self) -> list[Policy]:
        """Policies cancelled early: their end is still the last known expiry; commercial governs here too."""
        gone = [p for p in self.policies if p.cancelled_on and not is_cancelled_late(self.inputs, p)]
        pairing = self.parameter("pairing_days", "*", month(self.as_of))

        def goes_with_a_commercial_one(policy: Policy) -> bool:
            return policy.kind == "compulsory" and any(
                other.vin == policy.vin and other.kind == "commercial"
                and abs((other.ends_on - policy.ends_on).days) <= pairing
                for other in gone
            )  # fmt: skip

        return [policy for policy in gone if not goes_with_a_commercial_one(policy)]

    def _estimates(self, first: date, last: date) -> list[Due]:
        """Anniversaries of the last known expiry, else of the registration, else of the sale; and what was told."""
        found = []
        for vin, anchors in self._anchors().items():
            anchors.sort(key=lambda anchor: anchor.next_on)
            for position, anchor in enumerate(anchors):
                for years in range(anchor.from_roll, last.year - anchor.next_on.year + 2):
                    expires_on = anniversary(anchor.next_on, years) - timedelta(days=1)
                    if not first <= expires_on <= last_day(last) or anchor.known_on > expires_on:
                        continue
                    others = anchors[:position] + anchors[position + 1 :]
                    if not any(self._undoes(other, anchor, expires_on) for other in others):
                        found.append(Due(vin, expires_on, anchor.known_on, told=None if years else anchor.told))
        return found

    def _undoes(self, other: Anchor, anchor: Anchor, expires_on: date) -> bool:
        """A cover that runs over the estimated day, and was known before its window closed, undoes the estimate."""
        of_month = month(expires_on)
        before = timedelta(days=self.parameter("window_before_days", "*", of_month))
        after = timedelta(days=self.parameter("window_after_days", "*", of_month))
        pairing = self.parameter("pairing_days", "*", of_month)
        if other.term and abs((other.term.expires_on - expires_on).days) <= pairing:
            return True  # two stories of one expiry: the paper counts
        return (
            other.next_on > anchor.next_on
            and other.starts_on < expires_on - before
            and other.known_on <= expires_on + after
        )

    # ---------- what became of it

    def ref_on(self, due: Due) -> date:
        """What happened before this day decides segment, book and target: the freeze, of a late entry its day and all
        that came with it (a first visit makes the vehicle known).
        """
        return due.known_on + timedelta(days=1) if self._comes_late(due) else self.freezes_on(due)

    def freezes_on(self, due: Due) -> date:
        months = self.parameter("freeze_months_before", "*", due.expiry_month)
        return add_months(due.expiry_month, -months)

    def is_late_entry(self, due: Due) -> bool:
        """As it was frozen, whatever became known later."""
        kept = self.frozen.get((due.store_id, due.vin, due.expiry_month))
        return kept["is_late_entry"] if kept else self._comes_late(due)

    def frozen_on(self, due: Due) -> date:
        """The day on which segment, book and target were fixed, or will be."""
        kept = self.frozen.get((due.store_id, due.vin, due.expiry_month))
        return kept["frozen_on"] if kept else self.ref_on(due)

    @cached_property
    def frozen(self) -> dict[tuple[str, str, date], dict[str, Any]]:
        """Rows of the newest archived due universe whose freeze had come by then."""
        rows = self.inputs.archive("due_universe").to_dict("records")
        return {
            (row["store_id"], row["vin"], row["expiry_month"]): row for row in rows if row["frozen_on"] <= row["_as_of"]
        }

    def _comes_late(self, due: Due) -> bool:
        return due.known_on >= self.freezes_on(due)

    def _settle(self, due: Due) -> bool:
        """Home store, renewal, outcome and whether it is gone; False without a store."""
        due.store_id = self._home(due) or ""
        if not due.store_id:
            return False
        due.all_renewals = [policy for policy in self._policies_of.get(due.vin, []) if self._renews(policy, due)]
        due.renewals = due.all_renewals
        here = [policy for policy in due.renewals if policy.store_id == due.store_id]
        due.told_renewal = self._told_renewal(due)
        closes_on = due.expires_on + timedelta(days=self.parameter("window_after_days", due.store_id, due.expiry_month))
        if here:
            due.outcome, due.renewals = "renewed_here", here
        elif due.renewals or due.told_renewal:
            due.outcome = "renewed_elsewhere"
        elif self.as_of > closes_on or (due.term and is_cancelled_late(self.inputs, due.term.governing)):
            due.outcome = "lost"
        due.is_out = self._is_gone(due, closes_on)
        return True

    @cached_property
    def _policies_of(self) -> dict[str, list[Policy]]:
        found: dict[str, list[Policy]] = {}
        for policy in self.policies:
            found.setdefault(policy.vin, []).append(policy)
        return found

    def last_visit(self, due: Due) -> tuple[date, str] | None:
        before = [visit for visit in self.visits.get(due.vin, []) if visit[0] < self.ref_on(due)]
        return before[-1] if before else None

    def service_since(self, due: Due) -> date:
        return months_before(self.ref_on(due), self.parameter("service_lookback_months", "*", due.expiry_month))

    def _home(self, due: Due) -> str | None:
        """Issuer of the expiring policy, else the last service within 24 months, else the seller; else who keeps the
        file."""
        if due.term and (issuer := issuing_store(due.term)):
            return issuer
        visit = self.last_visit(due)
        if visit and visit[0] >= self.service_since(due):
            return visit[1]
        if due.vin in self.sales:
            return self.sales[due.vin]["store_id"]
        return self.vehicles[due.vin]["store_id"] if due.vin in self.vehicles else None

    def _renews(self, policy: Policy, due: Due) -> bool:
        """Another number, signed in the window, not cancelled; of an estimated expiry one that starts in it counts too."""
        first = due.expires_on - timedelta(days=self.parameter("window_before_days", due.store_id, due.expiry_month))
        last = due.expires_on + timedelta(days=self.parameter("window_after_days", due.store_id, due.expiry_month))
        if policy.cancelled_on or (due.term and any(policy.number == old.number for old in due.term.policies)):
            return False
        starts = due.is_estimated and policy.store_id == due.store_id and first <= policy.starts_on <= last
        return first <= policy.signed_on <= last or starts

    def _told_renewal(self, due: Due) -> Told | None:
        """The customer told of a policy elsewhere that follows this expiry."""
        first = due.expires_on - timedelta(days=self.parameter("window_before_days", due.store_id, due.expiry_month))
        last = due.expires_on + timedelta(days=self.parameter("window_after_days", due.store_id, due.expiry_month))
        mine = [told for told in self.told if told.vin == due.vin and first <= told.starts_on <= last]
        return min(mine, key=lambda told: (told.told_on, told.record), default=None)

    def renewed_on(self, due: Due) -> date | None:
        return min((policy.signed_on for policy in due.renewals), default=None)

    @cached_property
    def _changes(self) -> dict[str, list[date]]:
        found: dict[str, list[date]] = {}
        for row in self.inputs.entity("ownership_change").to_dict("records"):
            found.setdefault(row["vin"], []).append(row["changed_on"])
        return found

    def _is_gone(self, due: Due, closes_on: date) -> bool:
        """Transferred or scrapped by the window's end, after the expiring cover was signed and before any renewal."""
        since = due.term.governing.signed_on if due.term else due.known_on
        renewed_on = self.renewed_on(due)
        return any(
            since <= changed_on <= closes_on and (renewed_on is None or changed_on < renewed_on)
            for changed_on in self._changes.get(due.vin, [])
        )


def issuing_store(term: Term) -> str | None:
    """Store of the group that issued the expiring policies, the governing one first."""
    return next((policy.store_id for policy in term.policies if policy.store_id), None)
