"""A person's own page: the month, the pay so far, what the next vehicles are worth, today's work. Light enough for a phone.

It shows what restricted.kpi_staff_bonus_monthly and the marts say and decides nothing; of the next vehicle it shows the
full-cover value only (DOMAIN §4). Nobody else's figures and no customer stand on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from functools import partial
from pathlib import Path

from exports.page.render import render
from exports.page.words import Words
from exports.shelf import open_read_only
from exports.wording import Record, grouped, records

PAY_MONTHS, DAYS = 6, 5
Whose = tuple[str, str]
"""(store_id, staff_id)"""

PEOPLE = """
    select store_id, store_name, staff_id, staff_name, role, list_for_on, rows from restricted.call_list_recipient
    union all
    select store_id, store_name, staff_id, staff_name, role, list_for_on, null from restricted.list_recipient
    semi join restricted.kpi_staff_bonus_monthly using (store_id, staff_id)
    qualify row_number() over (partition by store_id, staff_id order by list_kind) = 1
"""
PAY = f"""
    select *, coalesce(adjustment, 0) as adjustment_amount from restricted.kpi_staff_bonus_monthly
    left join (
        select store_id, staff_id, role, paid_month as month, sum(adjustment_amount) as adjustment
        from restricted.statement_adjustment group by all
    ) using (store_id, staff_id, role, month)
    where month between date_trunc('month', $1::date) - interval {PAY_MONTHS - 1} month and $1::date
    order by store_id, staff_id, month desc, role
"""
BOOK = """
    select store_id, book_owner as staff_id, expiry_month, count(*) as due_vehicles,
        count(*) filter (where outcome = 'renewed_here') as renewed_here, count(*) filter (where outcome = 'open') as open,
        count(*) filter (where outcome in ('renewed_elsewhere', 'lost')) as lost
    from marts.fct_due_vehicle
    where book_owner is not null
        and expiry_month between date_trunc('month', $1::date) - interval 1 month and $1::date + interval 2 month
    group by all order by all
"""
FOLLOW_UP = f"""
    select store_id, staff_id, list_for_on, sent_rows, returned_rows, logged_rows, called_on_time, reached_on_time
    from marts.kpi_follow_up_daily
    qualify row_number() over (partition by store_id, staff_id order by list_for_on desc) <= {DAYS}
    order by store_id, staff_id, list_for_on desc
"""
TIERS = """
    select store_id, month, plan_id, metric, tier, lower_percent, lower_inclusive, upper_percent, upper_inclusive,
        bonus_target_multiplier, coefficient_lower, coefficient_upper
    from restricted.statement_plan where month = date_trunc('month', $1::date) order by store_id, metric, tier
"""


@dataclass(frozen=True)
class Own:
    """What stands on one person's page; person: a row of PEOPLE, the lists: rows of the queries above."""

    person: Record
    pay: list[Record] = field(default_factory=list)
    book: list[Record] = field(default_factory=list)
    follow_up: list[Record] = field(default_factory=list)
    tiers: list[Record] = field(default_factory=list)

    @property
    def file_name(self) -> str:
        """my_month_<store>_<staff id>, before the date."""
        return f"my_month_{self.person['store_id']}_{self.person['staff_id']}"


def own_pages(published: Path, as_of: date) -> Iterator[Own]:
    """The pages of everybody who gets a call list, or is at work and has pay in these months; by store and staff id."""
    with open_read_only(published / "restricted.duckdb") as connection:
        people: dict[Whose, Record] = {}
        for row in records(connection, f"select * from ({PEOPLE}) order by store_id, staff_id, rows nulls last, role"):
            people.setdefault((row["store_id"], row["staff_id"]), row)
        pay = grouped(records(connection, PAY, [as_of]), "store_id", "staff_id")
        tiers = grouped(records(connection, TIERS, [as_of]), "store_id")
    with open_read_only(published / "analytics.duckdb") as connection:
        book = grouped(records(connection, BOOK, [as_of]), "store_id", "staff_id")
        follow_up = grouped(records(connection, FOLLOW_UP), "store_id", "staff_id")
    for whose, person in people.items():
        mine = pay.get(whose, [])
        yield Own(person, mine, book.get(whose, []), follow_up.get(whose, []), tiers.get(whose[0], []) if mine else [])


def own_page(own: Own, words: Words, note: str = "") -> bytes:
    """The bytes of a person's page; equal bytes for equal arguments. note: what a new revision changed."""
    now = next((row for row in own.pay if row["month"] == words.as_of.replace(day=1)), None)
    mine = [row for row in own.tiers if now and row["plan_id"] == now["plan_id"]]
    gauges = [gauge(metric, now, mine) for metric in ("attainment", "full_coverage")] if now else []
    return render(
        "own.html", words, own=own, now=now, gauges=gauges, note=note, month_text=partial(date.strftime, format="%Y-%m")
    )


def gauge(metric: str, now: Record, tiers: list[Record]) -> Record:
    """A rate between 0 and 100 % with its tiers: percent, bounds of the tiers in percent, tier hit, next, vehicles missing.

    The bounds of the attainment are scaled by bonus_target_multiplier (DOMAIN §4).
    """
    mine = [row for row in tiers if row["metric"] == metric]
    scale = mine[0]["bonus_target_multiplier"] if mine and metric == "attainment" else Decimal(1)
    rate = now["attainment_rate" if metric == "attainment" else "full_coverage_rate"]
    bounds = sorted({row["lower_percent"] * scale for row in mine if 0 < row["lower_percent"] * scale <= 100})
    found = {
        "metric": metric, "percent": None if rate is None else min(Decimal(100), 100 * rate), "rate": rate, "bounds": bounds,
        "tier": now["tier_b" if metric == "attainment" else "tier_a"], "tiers": len(mine), "missing": None,
        "coefficient": now["coefficient_b" if metric == "attainment" else "coefficient_a"],
    }  # fmt: skip
    if metric == "attainment":
        found["missing"] = vehicles_to_next_tier(
            now["renewed_vehicles"], now["renewable_vehicles"], now["tier_b"], mine
        )
    return found


def vehicles_to_next_tier(renewed: int, renewable: int, tier: int | None, tiers: list[Record]) -> int | None:
    """The least number of further renewals that reaches a higher tier of the attainment; None in the highest or without any.

    Exact, in whole vehicles: renewed × 100 against bound × multiplier × renewable (DOMAIN §4).
    """
    reached = []
    for row in tiers:
        if row["tier"] <= (tier or 0):
            continue
        bound = row["lower_percent"] * row["bonus_target_multiplier"] * renewable / 100
        whole = int(bound.to_integral_value(ROUND_FLOOR))
        first = whole if whole == bound and row["lower_inclusive"] else whole + 1
        top = row["upper_percent"] * row["bonus_target_multiplier"] * renewable / 100
        if renewed < first <= renewable and (first < top or (first == top and row["upper_inclusive"])):
            reached.append(first - renewed)
    return min(reached, default=None)
