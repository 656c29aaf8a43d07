"""Segment and target of a due vehicle as frozen on day 1 of M - 2 (DOMAIN §3)."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property

from tests.recomputed.inputs import Inputs
from tests.recomputed.universe import Due, Universe, issuing_store


class Freeze:
    """What was frozen, from the archive where it stands there, else from what was known on that day."""

    def __init__(self, universe: Universe) -> None:
        self.universe = universe
        self.inputs: Inputs = universe.inputs

    def segment(self, due: Due) -> str:
        kept = self.universe.frozen.get((due.store_id, due.vin, due.expiry_month))
        if kept:
            return kept["segment"]
        stood = due.term is not None and self._stood(due)
        held = {
            "insured_here_last_year": stood and issuing_store(due.term) == due.store_id,
            "policy_known": stood or (due.told is not None and due.told.insurer is not None),
            "out_of_town": self._is_local(due) is False,
            "local_recent_service": self._is_local(due) is True and self._serviced(due) is True,
            "local_lapsed_service": self._is_local(due) is True and self._serviced(due) is False,
            "phone_only": True,
        }
        order = self.inputs.valid("segment", "segment", due.store_id, due.expiry_month)
        return min((name for name in order if held[name]), key=lambda name: int(order[name]["priority"]))

    def target_rate(self, due: Due) -> Decimal | None:
        kept = self.universe.frozen.get((due.store_id, due.vin, due.expiry_month))
        if kept:
            return kept["target_rate"]
        segment = self.segment(due)
        rows = [
            row for row in self.inputs.seed("segment_target") if row["segment"] == segment and row["tier"] == "base"
        ]
        rows = [
            row for row in rows if row["effective_from"] <= str(due.expiry_month) <= (row["effective_to"] or "9999")
        ]
        mine = [row for row in rows if row["store_id"] == due.store_id] or [r for r in rows if r["store_id"] == "*"]
        return Decimal(mine[0]["target_rate"]) if mine[0]["target_rate"] else None

    def _stood(self, due: Due) -> bool:
        """The expiring policy was not cancelled before the freeze (decision 8)."""
        cancelled_on = due.term.governing.cancelled_on
        return cancelled_on is None or cancelled_on >= self.universe.ref_on(due)

    def _serviced(self, due: Due) -> bool | None:
        """True: a visit within 24 months; False: an older one; None: never."""
        visit = self.universe.last_visit(due)
        return None if visit is None else visit[0] >= self.universe.service_since(due)

    def _is_local(self, due: Due) -> bool | None:
        """By the plate's prefix, else by the city of the address; None is unknown."""
        store = self.universe.stores[due.store_id]
        vehicle = self.universe.vehicles.get(due.vin, self.universe.sales.get(due.vin, {}))
        if plate := vehicle.get("plate_number") or (due.term and due.term.governing.plate):
            return any(plate.startswith(prefix) for prefix in store["plate_prefixes"].split(";"))
        city = self._cities.get(vehicle.get("customer_id"))
        return city == store["city"] if city else None

    @cached_property
    def _cities(self) -> dict[str, str]:
        rows = self.inputs.entity("customer")
        return dict(zip(rows["customer_id"], rows["city"], strict=True))
