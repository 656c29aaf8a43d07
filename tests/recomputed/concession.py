"""What was given with renewals, against the ladder (L202-203, DOMAIN §5)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

import pandas as pd

from tests.recomputed.book import Book
from tests.recomputed.inputs import add_months
from tests.recomputed.ratios import ratio, rounded
from tests.recomputed.segments import Freeze
from tests.recomputed.universe import Due, Universe

Key = tuple[str, str, date]
Row = dict[str, Any]
NUMBERED = {"concession": ("given_on", "concession_number"), "gift_issue": ("issued_on", "issue_number")}
"""Day and number of the records that may belong to a renewal."""


@dataclass
class Given:
    """The concession of one vehicle that was renewed here."""

    due: Due
    record: Row
    gift_cost: Decimal
    premium: Decimal
    step: int | None
    total_rate: Decimal
    is_authorised: bool
    is_late: bool
    is_above_ceiling: bool
    is_unneeded: bool

    @property
    def total(self) -> Decimal:
        return self.record["given_amount"] + self.gift_cost


class Concessions:
    """Concessions of renewed vehicles; a vehicle without a record is unknown, never 0 %."""

    def __init__(self, universe: Universe, freeze: Freeze, book: Book) -> None:
        self.universe, self.freeze, self.book = universe, freeze, book
        self.inputs = universe.inputs
        self.here = [due for due in universe.due if due.outcome == "renewed_here"]

    def ladder(self, store: str, on: date) -> list[Row]:
        rules = self.inputs.valid("concession_ladder", "step", store, on)
        return [rules[number] for number in sorted(rules, key=int)]

    @cached_property
    def given(self) -> list[Given]:
        return [self._judge(due, records) for due in self.here if (records := self._of(due, "concession"))]

    def _of(self, due: Due, entity: str) -> list[Row]:
        """Records of an entity that belong to a vehicle's renewal, the last one last."""
        on, number = NUMBERED[entity]
        rows = self._records[entity].get((due.store_id, due.vin), [])
        return sorted(
            (row for row in rows if self._nearest(row[on], due) is due), key=lambda row: (row[on], row[number])
        )

    @cached_property
    def _records(self) -> dict[str, dict[tuple[str, str], list[Row]]]:
        found: dict[str, dict[tuple[str, str], list[Row]]] = {"concession": {}, "gift_issue": {}}
        for entity, by_vehicle in found.items():
            for row in self.inputs.entity(entity).to_dict("records"):
                by_vehicle.setdefault((row["store_id"], row["vin"]), []).append(row)
        return found

    def _nearest(self, on: date, asked: Due) -> Due | None:
        """The nearest expiry of the vehicle in whose window something was given (decision 8)."""
        near = []
        for due in self._due_of[asked.vin]:
            first = self.universe.parameter("window_before_days", due.store_id, due.expiry_month)
            last = self.universe.parameter("window_after_days", due.store_id, due.expiry_month)
            is_within = due.expires_on - timedelta(days=first) <= on <= due.expires_on + timedelta(days=last)
            if due.store_id == asked.store_id and is_within:
                near.append((abs((due.expires_on - on).days), due.expires_on, due))
        return min(near, key=lambda one: one[:2])[2] if near else None

    @cached_property
    def _due_of(self) -> dict[str, list[Due]]:
        found: dict[str, list[Due]] = {}
        for due in self.universe.due:
            found.setdefault(due.vin, []).append(due)
        return found

    def _judge(self, due: Due, records: list[Row]) -> Given:
        record = records[-1]
        gift_cost = sum((row["cost_amount"] for row in self._of(due, "gift_issue")), Decimal(0))
        premium = sum((policy.premium for policy in due.renewals if policy.kind == "commercial"), Decimal(0))
        rate = Fraction(record["given_rate"]) + (Fraction(gift_cost) / Fraction(premium) if premium > 0 else 0)
        total_rate = rounded(rate, 6)
        rule = next(
            (r for r in self.ladder(due.store_id, record["given_on"]) if Decimal(r["rate"]) >= total_rate), None
        )
        ceiling = self.ceilings[self._key(due)]
        got = record["given_amount"] + gift_cost > 0  # money, also to who has no commercial premium
        return Given(
            due, record, gift_cost, premium, int(rule["step"]) if rule else None, total_rate,
            *self._authority(record, rule),
            is_above_ceiling=total_rate > Decimal(ceiling["rate"]),
            is_unneeded=Decimal(ceiling["rate"]) == 0 and got and not self._has_objection(due, records),
        )  # fmt: skip

    def _authority(self, record: Row, rule: Row | None) -> tuple[bool, bool]:
        """(authorised, approved only after it was given)."""
        if rule is None:
            return False, False
        if not rule["approver_roles"]:
            return True, False
        if not record["approver"] or not record["approved_at"]:
            return False, False
        on = record["approved_at"].date()
        people = self.book.staff.to_dict("records")
        roles = {
            row["role"]
            for row in people
            if row["staff_id"] == record["approver"] and row["valid_from"] <= on <= (row["valid_to"] or date.max)
        }
        entitled = bool(roles & set(rule["approver_roles"].split(";")))
        return entitled, entitled and on > record["given_on"]

    def _has_objection(self, due: Due, records: list[Row]) -> bool:
        return any(row["objection"] for row in records) or self._key(due) in self._objected

    @cached_property
    def _objected(self) -> set[Key]:
        rows = self.universe.results.to_dict("records")
        return {(row["store_id"], row["vin"], row["expiry_month"]) for row in rows if row["loss_reason"]}

    def _key(self, due: Due) -> Key:
        return due.store_id, due.vin, due.expiry_month

    # ---------- ceilings by likelihood

    @cached_property
    def ceilings(self) -> dict[Key, Row]:
        """Step of the ladder by rank of likelihood within store and month: the likeliest fifth gets nothing.

        A vehicle takes the step in which the middle of its place falls (decision 8); late entries take the place they
        would have had and move nobody. A ceiling that was archived as frozen stays (decision 51).
        """
        by_month: dict[tuple[str, date], list[Due]] = {}
        for due in self.universe.slots:
            by_month.setdefault((due.store_id, due.expiry_month), []).append(due)
        found: dict[Key, Row] = {}
        for (store, month), vehicles in by_month.items():
            ladder = self.ladder(store, month)
            ordered = sorted(
                vehicles, key=lambda due: (-self.likelihood(due), hashlib.md5(due.vin.encode()).hexdigest())
            )
            ranked = max(sum(not self.universe.is_late_entry(due) for due in vehicles), 1)
            before = 0
            for due in ordered:
                before += not self.universe.is_late_entry(due)
                share, upto = Fraction(2 * max(before, 1) - 1, 2 * ranked), Fraction(0)
                for rule in ladder:
                    upto += Fraction(rule["customer_share"])
                    if share <= upto:
                        kept = self.universe.frozen.get(self._key(due), {}).get("ceiling_rate")
                        found[self._key(due)] = rule if kept is None else rule | {"rate": kept}
                        break
        return found

    def likelihood(self, due: Due) -> Fraction:
        """The renewal rate of the store's segment in the same month a year before, else the segment's target."""
        segment = self.freeze.segment(due)
        counts = self._year_before.get((due.store_id, segment, add_months(due.expiry_month, -12)))
        if counts:
            return Fraction(rounded(Fraction(*counts), 6))
        return Fraction(self.freeze.target_rate(due) or 0)

    @cached_property
    def _year_before(self) -> dict[tuple[str, str, date], tuple[int, int]]:
        found: dict[tuple[str, str, date], tuple[int, int]] = {}
        for due in self.universe.due:
            key = (due.store_id, self.freeze.segment(due), due.expiry_month)
            here, all_due = found.get(key, (0, 0))
            found[key] = (here + (due.outcome == "renewed_here"), all_due + 1)
        return found

    # ---------- what goes out

    def mix(self) -> pd.DataFrame:
        """The columns of kpi_concession_mix_monthly."""
        found = []
        for (store, staff, month), given in self._by_person().items():
            if not given:
                continue
            ladder = self.ladder(store, month)
            steps = [
                (0, None, Decimal(0)),
                *((int(r["step"]), Decimal(r["rate"]), Decimal(r["customer_share"])) for r in ladder),
            ]
            for step, rate, share in steps:
                mine = [one for one in given if (one.step or 0) == step]
                found.append(
                    {
                        "store_id": store, "staff_id": staff, "expiry_month": month, "step": step, "step_rate": rate,
                        "vehicles": len(mine), "recorded_vehicles": len(given),
                        "vehicle_share": ratio(len(mine), len(given)), "planned_share": share,
                        "total_amount": sum((one.total for one in mine), Decimal(0)),
                    }
                )  # fmt: skip
        return pd.DataFrame(found, dtype=object)

    def average(self) -> pd.DataFrame:
        """The columns of kpi_concession_average_monthly."""
        recorded = {self._key(one.due) for one in self.given}
        unknown: dict[Key, int] = {}
        for due in self.here:
            if self._key(due) not in recorded:
                key = (due.store_id, self.book.owner(due), due.expiry_month)
                unknown[key] = unknown.get(key, 0) + 1
        by_person = self._by_person()
        found = []
        for key in {*by_person, *unknown}:
            store, staff, month = key
            given = by_person.get(key, [])
            rates = sum((one.total_rate for one in given), Decimal(0))
            total = sum((one.total for one in given), Decimal(0))
            premium = sum((one.premium for one in given), Decimal(0))
            unauthorised = [one for one in given if not one.is_authorised]
            unneeded = [one for one in given if one.is_unneeded]
            ladder = self.ladder(store, month)
            planned = sum((Decimal(rule["rate"]) * Decimal(rule["customer_share"]) for rule in ladder), Decimal(0))
            found.append(
                {
                    "store_id": store, "staff_id": staff, "expiry_month": month,
                    "renewed_here": len(given) + unknown.get(key, 0), "recorded_vehicles": len(given),
                    "unknown_vehicles": unknown.get(key, 0), "rate_sum": rates,
                    "average_rate": ratio(rates, len(given)), "planned_average_rate": planned,
                    "given_amount": sum((one.record["given_amount"] for one in given), Decimal(0)),
                    "gift_cost_amount": sum((one.gift_cost for one in given), Decimal(0)),
                    "total_amount": total, "commercial_premium_amount": premium,
                    "average_rate_by_premium": ratio(total, premium),
                    "above_ceiling_vehicles": sum(one.is_above_ceiling for one in given),
                    "approved_late_vehicles": sum(one.is_late for one in given),
                    "unauthorised_vehicles": len(unauthorised),
                    "unauthorised_amount": sum((one.total for one in unauthorised), Decimal(0)),
                    "unneeded_vehicles": len(unneeded),
                    "unneeded_amount": sum((one.total for one in unneeded), Decimal(0)),
                }
            )  # fmt: skip
        return pd.DataFrame(found, dtype=object)

    def _by_person(self) -> dict[tuple[str, str | None, date], list[Given]]:
        found: dict[tuple[str, str | None, date], list[Given]] = {}
        for one in self.given:
            staff = one.record["staff_id"] or self.book.owner(one.due)
            found.setdefault((one.due.store_id, staff, one.due.expiry_month), []).append(one)
        return found
