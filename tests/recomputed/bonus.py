"""Bonus = base × A × B per person, store, role and month (L209, DOMAIN §4)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from tests.recomputed.book import Book
from tests.recomputed.inputs import Inputs, add_months, last_day
from tests.recomputed.ratios import ratio, rounded
from tests.recomputed.segments import Freeze
from tests.recomputed.universe import Due, Universe

Tier = tuple[int | None, Fraction]


def bonuses(universe: Universe, freeze: Freeze, book: Book) -> pd.DataFrame:
    """The columns of kpi_staff_bonus_monthly; no month of the sample is closed."""
    by_month: dict[tuple[str, date], list[Due]] = {}
    for due in universe.due:
        by_month.setdefault((due.store_id, due.expiry_month), []).append(due)
    found = []
    for (store, month), vehicles in by_month.items():
        plan = universe.inputs.valid("bonus_plan", "plan_kind", store, month)["renewal_bonus"]
        for roles, owns in (("book_roles", True), ("store_roles", False)):
            for role in plan[roles].split(";"):
                for staff, days in days_in_role(book, store, role, month).items():
                    mine = [due for due in vehicles if due.expires_on in days]
                    mine = [due for due in mine if not owns or book.owner(due) == staff]
                    renewable = [due for due in mine if freeze.segment(due) in plan["renewable_segments"].split(";")]
                    row = {"store_id": store, "staff_id": staff, "role": role, "month": month}
                    found.append(row | bonus_of(universe, plan, renewable, len(days), month))
    return pd.DataFrame(found, dtype=object)


def days_in_role(book: Book, store: str, role: str, month: date) -> dict[str, set[date]]:
    """Staff id → days of the month in the role; a day counts once."""
    days: dict[str, set[date]] = {}
    for number in range((last_day(month) - month).days + 1):
        on = month + timedelta(days=number)
        for staff in book.active(store, role, on):
            days.setdefault(staff, set()).add(on)
    return days


def bonus_of(universe: Universe, plan: dict[str, Any], renewable: list[Due], days: int, month: date) -> dict[str, Any]:
    """Counts, rates, coefficients and yuan of one person."""
    by = last_day(month)
    renewed = [due for due in renewable if due.outcome == "renewed_here" and universe.renewed_on(due) <= by]
    full = [due for due in renewed if (on := full_cover_on(universe.inputs, due)) and on <= by]
    counts = (len(renewable), len(renewed), len(full))
    base = rounded(Fraction(plan["base_amount"]) * days / ((by - month).days + 1), 2)
    tier_a, a = coefficient_a(universe.inputs, plan, *counts)
    tier_b, b = coefficient_b(universe.inputs, plan, *counts)
    amount = rounded(Fraction(base) * a * b, 2)
    one_more = (counts[0], counts[1] + 1, counts[2] + 1)
    more = coefficient_a(universe.inputs, plan, *one_more)[1] * coefficient_b(universe.inputs, plan, *one_more)[1]
    next_value = max(rounded(Fraction(base) * more, 2) - amount, Decimal(0))
    return {
        "renewable_vehicles": counts[0], "renewed_vehicles": counts[1], "full_cover_vehicles": counts[2],
        "full_coverage_rate": Decimal(whole_percent(*counts[1:])) / 100 if counts[1] else None,
        "attainment_rate": ratio(counts[1], counts[0]),
        "tier_a": tier_a, "tier_b": tier_b, "coefficient_a": rounded(a, 6), "coefficient_b": rounded(b, 6),
        "base_amount": base, "bonus_amount": amount,
        "next_full_cover_value": next_value if counts[1] < counts[0] else None,
        "plan_id": plan["plan_id"], "bonus_target_multiplier": Decimal(plan["bonus_target_multiplier"]),
        "status": status(universe, by), "closes_on": closes_on(universe.inputs, plan, month), "closed_on": None,
    }  # fmt: skip


def full_cover_on(inputs: Inputs, due: Due) -> date | None:
    """Day on which all renewal policies of the VIN together held compulsory and every required cover."""
    rules = inputs.valid("full_cover", "cover_code", due.store_id, due.expiry_month)
    missing = {"compulsory", *(code for code, rule in rules.items() if rule["is_required"] == "true")}
    for policy in sorted(due.all_renewals, key=lambda policy: policy.signed_on):
        missing -= policy.covers | ({"compulsory"} if policy.kind == "compulsory" else set())
        if not missing:
            return policy.signed_on
    return None


def whole_percent(renewed: int, full: int) -> int:
    """A, half-up to a whole percent: floor((200 · full + renewed) ÷ (2 · renewed)) [chosen]."""
    return (200 * full + renewed) // (2 * renewed)


def coefficient_a(inputs: Inputs, plan: dict[str, Any], renewable: int, renewed: int, full: int) -> Tier:
    rate = Fraction(whole_percent(renewed, full)) if renewed else None
    return tier_of(inputs, plan, "full_coverage", rate, Fraction(1))


def coefficient_b(inputs: Inputs, plan: dict[str, Any], renewable: int, renewed: int, full: int) -> Tier:
    """B is exact; the multiplier scales its bounds."""
    rate = Fraction(100 * renewed, renewable) if renewable else None
    return tier_of(inputs, plan, "attainment", rate, Fraction(plan["bonus_target_multiplier"]))


def tier_of(inputs: Inputs, plan: dict[str, Any], metric: str, rate: Fraction | None, scale: Fraction) -> Tier:
    """Tier and coefficient of a rate in percent; without a rate no tier and coefficient 0."""
    for row in inputs.seed("bonus_tier"):
        if rate is None or (row["plan_id"], row["metric"]) != (plan["plan_id"], metric):
            continue
        lower, upper = Fraction(row["lower_percent"]) * scale, Fraction(row["upper_percent"]) * scale
        above = rate > lower or (rate == lower and row["lower_inclusive"] == "true")
        below = rate < upper or (rate == upper and row["upper_inclusive"] == "true")
        if above and below:
            first, last = Fraction(row["coefficient_lower"]), Fraction(row["coefficient_upper"])
            part = (rate - lower) / (upper - lower) if row["interpolation"] == "linear" else Fraction(0)
            return int(row["tier"]), first + (last - first) * part
    return None, Fraction(0)


def status(universe: Universe, ends_on: date) -> str:
    """provisional to the month's last day; months that ended before the first night are not ours to close."""
    first_night = min([universe.as_of, *universe.inputs.archive("night")["as_of"]])
    if ends_on < first_night:
        return "before_start"
    return "provisional" if universe.as_of <= ends_on else "awaiting_confirmation"


def closes_on(inputs: Inputs, plan: dict[str, Any], month: date) -> date:
    """The close_working_day-th working day of the next month."""
    on, left = add_months(month, 1), int(plan["close_working_day"])
    while True:
        left -= is_working_day(inputs, plan["store_id"], on)
        if not left:
            return on
        on += timedelta(days=1)


def is_working_day(inputs: Inputs, store: str, on: date) -> bool:
    """By the weekday, unless the day is a statutory one and these count for the store (decision 73)."""
    kinds = {row["day"]: row["kind"] for row in inputs.seed("statutory_day")}
    if inputs.number("call_list_parameter", "statutory_days_count", store, on) and str(on) in kinds:
        return kinds[str(on)] == "make_up_working_day"
    return inputs.valid("working_calendar", "weekday", store, on)[str(on.isoweekday())]["is_working_day"] == "true"
