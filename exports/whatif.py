"""What a month's bonuses would have been under other tiers: who wins, who loses, what it costs.

    python -m exports.whatif --tiers my_tiers.csv [--month 2026-10]

The tiers come in the form of dbt_project/seeds/pay/bonus_tier.csv. The counts are those of the published night in
force, for closed months the frozen ones; the formula is the night's own, rendered from dbt_project/macros. Only reads.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import jinja2

from exports.shelf import NotPublishedError, as_of_of, current, open_read_only
from ingest.home import PROJECT

MACROS = PROJECT / "dbt_project" / "macros"
SEED = PROJECT / "dbt_project" / "seeds" / "pay" / "bonus_tier.csv"
TYPES = {
    "plan_id": "varchar",
    "metric": "varchar",
    "tier": "bigint",
    "lower_percent": "decimal(9, 2)",
    "lower_inclusive": "boolean",
    "upper_percent": "decimal(9, 2)",
    "upper_inclusive": "boolean",
    "coefficient_lower": "decimal(9, 4)",
    "coefficient_upper": "decimal(9, 4)",
    "interpolation": "varchar",
}
COUNTS = """
    select store_id, staff_id, role, month, coalesce(tiers.plan_id, published.plan_id) as plan_id,
        bonus_target_multiplier, base_amount, renewable_vehicles, renewed_vehicles, full_cover_vehicles,
        status, bonus_amount as published_amount
    from restricted.kpi_staff_bonus_monthly as published
    left join (select min(plan_id) as plan_id from given having count(distinct plan_id) = 1) as tiers on true
    where month = date '{month}'
"""
TIERS = """
    select months.store_id, months.month, given.*
    from (select distinct store_id, month, plan_id from ({counts})) as months
    inner join given using (plan_id)
"""


class TiersUnusableError(ValueError):
    """The file of tiers cannot be used; the message says where and what to do, and quotes no value."""


@dataclass(frozen=True)
class Change:
    """One person's month: the published bonus and the one under other tiers, yuan."""

    store_id: str
    staff_id: str
    role: str
    renewable_vehicles: int
    renewed_vehicles: int
    full_cover_vehicles: int
    published_amount: Decimal
    other_amount: Decimal

    @property
    def difference(self) -> Decimal:
        return self.other_amount - self.published_amount


def whatif(published: Path, tiers: Path, month: date) -> list[Change]:
    """The month's people with both bonuses, largest gain first; nothing is written.

    Raises TiersUnusableError, and NotPublishedError if the night has no bonuses of that month.
    """
    with open_read_only(published / "restricted.duckdb") as connection:
        _read_tiers(connection, tiers)
        counts = COUNTS.format(month=month)
        monthly = f"({TIERS.format(counts=counts)})"
        formula = _rendered("calculate_bonus", f"({counts})", monthly, ["status", "published_amount"])
        rows = connection.execute(f"""
            select store_id, staff_id, role, renewable_vehicles, renewed_vehicles, full_cover_vehicles,
                published_amount, bonus_amount
            from ({formula})
            order by bonus_amount - published_amount desc, store_id, staff_id, role
        """).fetchall()
        plans = connection.execute(f"select count(*) from ({counts}) anti join given using (plan_id)").fetchone()[0]
    if not rows:
        raise NotPublishedError(
            f"{as_of_of(published)} 发布的数据里没有 {month:%Y-%m} 的奖金。请选择到期月份。\n"
            f"The night of {as_of_of(published)} has no bonuses of {month:%Y-%m}; choose an expiry month it covers."
        )
    if plans:
        raise TiersUnusableError(
            f"{tiers}: 文件有多个方案,但缺少 {plans} 人所属方案的档位。请补齐,或只保留一个方案(用于所有人)。\n"
            f"{tiers}: several plans, but none of them is the plan of {plans} people. Add theirs, or keep one plan "
            "only: it is then used for everybody."
        )
    return [Change(*row) for row in rows]


def _read_tiers(connection: duckdb.DuckDBPyConnection, tiers: Path) -> None:
    """The file as temporary table `given`, checked as the seed is."""
    if not tiers.is_file():
        raise TiersUnusableError(f"找不到档位文件 {tiers}。\nThere is no file {tiers}. Copy {SEED} and change it.")
    with tiers.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    missing = sorted(set(TYPES) - set(lines[0] if lines else ()))
    if missing:
        raise TiersUnusableError(
            f"{tiers}: 缺少列 {'、'.join(missing)}。表头须与 {SEED.name} 相同。\n"
            f"{tiers}: columns {', '.join(missing)} are missing. The header must be that of {SEED}."
        )
    connection.execute("create temporary table given (" + ", ".join(f"{n} {t}" for n, t in TYPES.items()) + ")")
    marks = ", ".join(f"try_cast(? as {kind})" for kind in TYPES.values())
    connection.executemany(f"insert into given values ({marks})", [[row[name] for name in TYPES] for row in lines])
    empty = " or ".join(f"{name} is null" for name in TYPES)
    wrong = connection.execute(f"select rowid + 2 from given where {empty} or metric not in"
                               " ('full_coverage', 'attainment') or interpolation not in ('linear', 'step')"
                               " order by 1").fetchall()  # fmt: skip
    if wrong:
        where = ", ".join(str(row[0]) for row in wrong[:10])
        raise TiersUnusableError(
            f"{tiers}: 第 {where} 行有空缺或不能识别的内容。请对照 {SEED.name} 更正。\n"
            f"{tiers}: line {where} has something missing or unreadable. Compare it with {SEED}."
        )
    gaps = connection.execute(f"select count(*) from ({_rendered('bands_without_gap_or_overlap', 'given')})").fetchone()
    if gaps[0]:
        raise TiersUnusableError(
            f"{tiers}: 档位之间有空缺或重叠,或没有从 0 开始、到 1000000 结束(共 {gaps[0]} 处)。\n"
            f"{tiers}: the bands of a plan and metric leave a gap, overlap, or do not run from 0 to 1000000 "
            f"({gaps[0]} places)."
        )


def _rendered(macro: str, *arguments: Any) -> str:
    """The SQL of one of dbt_project's macros or generic tests: the same text the night runs."""
    names = ("half_up", "calculate_bonus", "pay_tests")
    text = "\n".join((MACROS / f"{name}.sql").read_text(encoding="utf-8") for name in names)
    text = re.sub(r"{% (end)?test\b", r"{% \1macro", text)
    macros = jinja2.Environment().from_string(text).make_module()  # noqa: S701 - SQL, not HTML
    return getattr(macros, macro)(*arguments)


def told(changes: list[Change], month: date) -> str:
    """The comparison as text, Chinese before English."""
    lines = [
        f"{month:%Y-%m} 奖金试算:现方案 → 新档位(元) · bonuses under other tiers (yuan); nothing was changed",
        f"{'门店 store':10}{'工号 staff':12}{'岗位 role':22}{'续/可续/全保 counts':>22}"
        f"{'现 now':>12}{'新 then':>12}{'差 change':>12}",
    ]
    for change in changes:
        counts = f"{change.renewed_vehicles}/{change.renewable_vehicles}/{change.full_cover_vehicles}"
        lines.append(
            f"{change.store_id:12}{change.staff_id:14}{change.role:24}{counts:>24}"
            f"{change.published_amount:>13}{change.other_amount:>13}{change.difference:>+13}"
        )
    gains = [change.difference for change in changes if change.difference > 0]
    losses = [change.difference for change in changes if change.difference < 0]
    lines.append(
        f"增加 {len(gains)} 人 {sum(gains, Decimal(0)):+},减少 {len(losses)} 人 {sum(losses, Decimal(0)):+},"
        f"不变 {len(changes) - len(gains) - len(losses)} 人;合计 {sum(gains + losses, Decimal(0)):+} 元\n"
        f"{len(gains)} win, {len(losses)} lose, {len(changes) - len(gains) - len(losses)} unchanged; "
        f"in all {sum(gains + losses, Decimal(0)):+} yuan"
    )
    return "\n".join(lines) + "\n"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="exports.whatif", description=__doc__.splitlines()[0])
    parser.add_argument("--tiers", type=Path, required=True, help=f"CSV in the form of {SEED.name}")
    parser.add_argument("--month", metavar="YYYY-MM", help="bonus month; default: the month of the published night")
    options = parser.parse_args(argv)
    published = current()
    if published is None:
        print("还没有发布过任何一夜的数据。\nNo night is published yet; run `make nightly` first.", file=sys.stderr)
        return 1
    try:
        month = date.fromisoformat(f"{options.month}-01") if options.month else as_of_of(published).replace(day=1)
    except ValueError:
        parser.error("--month: 请写成 2026-10 的形式 · write it like 2026-10")
    try:
        print(told(whatif(published, options.tiers, month), month), end="")
    except (TiersUnusableError, NotPublishedError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
