"""The monthly statement of a person's bonus (L209, DOMAIN §4): figures, tiers, adjustments, vehicle lines, three signatures.

Everything is shown as restricted.duckdb has it: the numbers are those of the bonus workbook, nothing is computed again
but the sum to be paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from exports.report.content import Report, Section, Table
from exports.shelf import literal, open_read_only
from exports.statement import SIGNERS
from exports.wording import Night, Record, grouped, records

NO_BOUND = 1000
"""An upper bound in percent from which on a tier is open above."""
PERSON = ("store_id", "staff_id", "role")

BONUS = """
    select bonus.*, coalesce(dim.store_name, bonus.store_id) as store_name, name.staff_name
    from restricted.kpi_staff_bonus_monthly as bonus
    left join shown.marts.dim_store as dim on bonus.store_id = dim.store_id
    left join (
        select staff_id, max(staff_name) as staff_name from (
            select staff_id, staff_name from restricted.statement_line where month = $1
            union all select staff_id, staff_name from restricted.list_recipient
            union all select staff_id, staff_name from restricted.call_list_recipient
        ) group by staff_id
    ) as name on bonus.staff_id = name.staff_id
    where bonus.month = $1 and bonus.status = $2 and bonus.store_id = $3
    order by bonus.store_id, bonus.staff_id, bonus.role
"""
LINES = "select * from restricted.statement_line where month = $1 order by store_id, staff_id, role, line_number"
PLANS = "select * from restricted.statement_plan where month = $1 order by store_id, plan_id, metric, tier"
ADJUSTMENTS = (
    "select * from restricted.statement_adjustment where paid_month = $1 order by store_id, staff_id, role, month"
)


@dataclass(frozen=True)
class Statement:
    """One person's month: its row of kpi_staff_bonus_monthly with names, vehicle lines, tiers of the plan, adjustments."""

    bonus: Record
    lines: list[Record] = field(default_factory=list)
    tiers: list[Record] = field(default_factory=list)
    adjustments: list[Record] = field(default_factory=list)


def months_to_state(published: Path, as_of: date) -> list[tuple[str, date, str]]:
    """(store_id, month, status) of the months of the last quarter that await confirmation or are closed, in order.

    Each store closes by its own calendar.
    """
    with open_read_only(published / "restricted.duckdb") as connection:
        return connection.execute(
            "select distinct store_id, month, status from restricted.kpi_staff_bonus_monthly "
            "where status in ('awaiting_confirmation', 'closed') and month >= $1::date - interval 3 month order by all",
            [as_of],
        ).fetchall()


def statements(published: Path, store_id: str, month: date, status: str) -> Iterator[Statement]:
    """A store's statements of a month in a state, by staff id and role."""
    with open_read_only(published / "restricted.duckdb") as connection:
        connection.execute(f"attach {literal(published / 'analytics.duckdb')} as shown (read_only)")
        people = records(connection, BONUS, [month, status, store_id])
        lines, adjustments = (grouped(records(connection, query, [month]), *PERSON) for query in (LINES, ADJUSTMENTS))
        plans = grouped(records(connection, PLANS, [month]), "store_id", "plan_id")
    for person in people:
        key = tuple(person[name] for name in PERSON)
        tiers = plans.get((person["store_id"], person["plan_id"]), [])
        yield Statement(person, lines.get(key, []), tiers, adjustments.get(key, []))


def statement_report(statement: Statement, night: Night) -> Report:
    """A statement as a report."""
    bonus = statement.bonus
    who = f"{bonus['staff_name'] or bonus['staff_id']} ({bonus['staff_id']}) · {night.say('role.' + bonus['role'])}"
    state = night.say(f"statement_status.{bonus['status']}")
    adjusted = sum((row["adjustment_amount"] for row in statement.adjustments), Decimal(0))
    facts = {
        "renewable_vehicles": f"{bonus['renewable_vehicles']:,}", "renewed_vehicles": f"{bonus['renewed_vehicles']:,}",
        "full_cover_vehicles": f"{bonus['full_cover_vehicles']:,}", "attainment_rate": _rate(bonus["attainment_rate"], 2),
        "full_coverage_rate": _rate(bonus["full_coverage_rate"], 0), "coefficient_b": _factor(bonus["coefficient_b"]),
        "coefficient_a": _factor(bonus["coefficient_a"]), "base_amount": _money(bonus["base_amount"]),
        "bonus_amount": _money(bonus["bonus_amount"]), "adjustment_amount": _money(adjusted),
    }  # fmt: skip
    pairs = [(night.say(f"kpi.{name}"), value) for name, value in facts.items()]
    pairs.append((night.say("pack.to_pay"), _money(bonus["bonus_amount"] + adjusted)))
    pairs.append((night.say("kpi.plan_id"), str(bonus["plan_id"] or "–")))
    sections = [_tiers(statement, night)] if statement.tiers else []
    if statement.adjustments:
        sections.append(_adjustments(statement, night))
    sections.append(_vehicles(statement, night))
    objection = "pack.object" if bonus["status"] == "awaiting_confirmation" else "pack.closed"
    sections.append(Section(night.say("pack.objection"), (night.say(objection, day=bonus["closes_on"]),)))
    return Report(
        title=f"{night.say('pack.title')} {bonus['month']:%Y-%m}",
        subtitle=f"{bonus['store_name']} · {who} · {state}", dated=night.as_of,
        footer=f"{night.say('pack.private')} · {bonus['staff_id']} · {bonus['month']:%Y-%m} · {night.say('page.as_of', as_of=night.as_of)}",
        facts=tuple(pairs), sections=tuple(sections), language=night.language,
        signatures=tuple(_signed(label, column, bonus, night) for label, column in SIGNERS.items()),
    )  # fmt: skip


def _tiers(statement: Statement, night: Night) -> Section:
    hit = {"full_coverage": statement.bonus["tier_a"], "attainment": statement.bonus["tier_b"]}
    rows = tuple(
        (night.say(f"bonus_metric.{row['metric']}"), str(row["tier"]), bounds(row),
         _factor(row["coefficient_lower"]) if row["coefficient_lower"] == row["coefficient_upper"]
         else f"{_factor(row['coefficient_lower'])} – {_factor(row['coefficient_upper'])}")
        for row in statement.tiers
    )  # fmt: skip
    marked = tuple(at for at, row in enumerate(statement.tiers) if row["tier"] == hit.get(row["metric"]))
    heads = tuple(night.say(f"pack.{name}") for name in ("metric", "tier", "bounds", "coefficient"))
    return Section(night.say("pack.tiers"), (night.say("pack.tiers.note"),), table=Table(heads, rows, (1, 3), marked))


def bounds(tier: Record) -> str:
    """The bounds of a tier in percent, as the plan means them: ≥ 30 %, < 60 %."""
    lower, upper = (f"{row:.2f}".rstrip("0").rstrip(".") for row in (tier["lower_percent"], tier["upper_percent"]))
    if lower == upper:
        return f"= {lower} %"
    text = f"{'≥' if tier['lower_inclusive'] else '>'} {lower} %"
    if tier["upper_percent"] < NO_BOUND:
        text += f", {'≤' if tier['upper_inclusive'] else '<'} {upper} %"
    return text


def _adjustments(statement: Statement, night: Night) -> Section:
    rows = tuple(
        (f"{row['month']:%Y-%m}", _money(row["paid_amount"]), _money(row["recomputed_amount"]), _money(row["adjustment_amount"]),
         str(row["reason"] or "–"))
        for row in statement.adjustments
    )  # fmt: skip
    heads = tuple(
        night.say(f"kpi.{name}")
        for name in ("month", "paid_amount", "recomputed_amount", "adjustment_amount", "reason")
    )
    return Section(night.say("pack.adjustments"), table=Table(heads, rows, (1, 2, 3)))


def _vehicles(statement: Statement, night: Night) -> Section:
    yes = night.say("call_list.yes")
    rows = tuple(
        (str(row["line_number"]), str(row["plate_tail"] or "–"), str(row["vin_last_6"] or "–"), str(row["policy_tail"] or "–"),
         str(row["expires_on"] or "–"), str(row["signed_on"] or "–"), yes if row["is_full_cover"] else "",
         str(row[f"reason_{night.language}"]))
        for row in statement.lines
    )  # fmt: skip
    names = (
        "line_number",
        "plate_tail",
        "vin_last_6",
        "policy_tail",
        "expires_on",
        "signed_on",
        "is_full_cover",
        f"reason_{night.language}",
    )
    counted = sum(bool(row["is_counted"]) for row in statement.lines)
    note = night.say("pack.vehicles.note", lines=len(rows), counted=counted)
    return Section(
        night.say("pack.vehicles"),
        (note,),
        table=Table(tuple(night.say(f"statement.{name}") for name in names), rows, (0,)) if rows else None,
    )


def _signed(label: str, column: str, bonus: Record, night: Night) -> str:
    return f"{night.say(f'statement.{label}')} {bonus[column] or ''}".strip()


def _money(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:,.2f}"


def _rate(value: Decimal | None, places: int) -> str:
    return "–" if value is None else f"{100 * value:.{places}f} %"


def _factor(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:.2f}"
