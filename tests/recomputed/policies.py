"""Policies out of their rows, and the expiries that they make (DOMAIN §2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tests.recomputed.inputs import Inputs, month


@dataclass
class Policy:
    """One policy with its endorsements: an endorsement repeats the number and doubles nothing."""

    insurer: str
    number: str
    kind: str
    vin: str
    store_id: str | None
    insurer_store: str | None
    signed_on: date
    known_on: date
    starts_on: date
    ends_on: date
    premium: Decimal
    covers: frozenset[str]
    plate: str | None
    cancelled_on: date | None = None


@dataclass
class Term:
    """One expiry known from policies: commercial governs, the nearest compulsory goes with it."""

    vin: str
    governing: Policy
    other: Policy | None

    @property
    def expires_on(self) -> date:
        return self.governing.ends_on

    @property
    def policies(self) -> list[Policy]:
        return [policy for policy in (self.governing, self.other) if policy]


def policies(inputs: Inputs) -> list[Policy]:
    """Policies signed before as_of; an endorsement without its policy makes none."""
    stores = set(inputs.entity("store")["store_id"])
    folded: dict[tuple[str, str, str], Policy] = {}
    rows = inputs.entity("policy")
    rows["_self"] = rows["endorsement_number"].isna()
    ordered = rows.sort_values(["_self", "signed_on", "endorsement_number"], ascending=[False, True, True])
    for row in ordered.to_dict("records"):
        key = (row["insurer_code"], row["policy_number"], row["policy_kind"])
        covers = frozenset(filter(None, (row["covers"] or "").split(";")))
        if row["_self"]:
            issuer = row["issuing_store_code"]
            folded[key] = Policy(
                *key, vin=row["vin"], store_id=issuer if issuer in stores else None, insurer_store=issuer,
                signed_on=row["signed_on"], known_on=row["signed_on"], starts_on=row["cover_starts_on"],
                ends_on=row["cover_ends_on"], premium=row["premium_amount"], covers=covers, plate=row["plate_number"],
            )  # fmt: skip
        elif policy := folded.get(key):
            policy.premium += row["premium_amount"]
            if row["endorsement_type"] == "cancellation":
                policy.cancelled_on = min(row["signed_on"], policy.cancelled_on or row["signed_on"])
                continue
            if row["cover_ends_on"] != policy.ends_on:
                policy.known_on = row["signed_on"]
            policy.vin, policy.starts_on, policy.ends_on = row["vin"], row["cover_starts_on"], row["cover_ends_on"]
            policy.covers = covers or policy.covers
    return list(folded.values())


def is_cancelled_late(inputs: Inputs, policy: Policy) -> bool:
    """Cancelled in its last 90 days: it still expires, and is lost without proof [chosen]."""
    days = inputs.number("renewal_parameter", "cancelled_late_days", "*", month(policy.ends_on))
    return policy.cancelled_on is not None and policy.cancelled_on >= policy.ends_on - timedelta(days=days)


def terms(inputs: Inputs, known: list[Policy]) -> list[Term]:
    """Expiries: every commercial policy that stands, with the nearest compulsory one; and compulsory ones alone."""
    by_vin: dict[str, list[Policy]] = {}
    for policy in known:
        if policy.cancelled_on is None or is_cancelled_late(inputs, policy):
            by_vin.setdefault(policy.vin, []).append(policy)
    found = []
    for vin, mine in by_vin.items():
        near = []
        commercial = [policy for policy in mine if policy.kind == "commercial"]
        compulsory = [policy for policy in mine if policy.kind == "compulsory"]
        for one in commercial:
            days = inputs.number("renewal_parameter", "pairing_days", "*", month(one.ends_on))
            for other in compulsory:
                apart = abs((one.ends_on - other.ends_on).days)
                if apart <= days:
                    near.append((apart, one.ends_on, one.number, other.number, one, other))
        pairs: dict[int, Policy] = {}
        taken: set[int] = set()
        for *_, one, other in sorted(near, key=lambda pair: pair[:4]):
            if id(one) not in pairs and id(other) not in taken:
                pairs[id(one)] = other
                taken.add(id(other))
        found += [Term(vin, one, pairs.get(id(one))) for one in commercial]
        found += [Term(vin, other, None) for other in compulsory if id(other) not in taken]
    return found
