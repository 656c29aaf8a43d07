"""How long the reports of a dealer group take: python -m tests.bench.reports [--stores 200] [--people 3000]."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from exports.kpi_workbook import kpi_workbook
from exports.own_page import Own, own_page
from exports.page.words import Words
from exports.report.render import as_html, as_pdf
from exports.report.statement import Statement, statement_report
from exports.report.steps import weekly_files
from tests.exports.board.stores import AS_OF, make_marts

LINES = 120
"""Vehicles on a statement: three a day on the book of one specialist."""


def timed(what: str, run: Callable[[], Any]) -> Any:
    """Run, print the seconds of CPU and of the clock, and return what came out."""
    wall, cpu = time.perf_counter(), time.process_time()
    made = run()
    print(f"{what}: {time.perf_counter() - wall:.1f} s, {time.process_time() - cpu:.1f} s of CPU")
    return made


def statement() -> Statement:
    """One person's month with LINES vehicles."""
    line = {"line_number": 1, "plate_tail": "1234", "vin_last_6": "123456", "policy_tail": "987654", "is_full_cover": True,
            "expires_on": date(2026, 10, 20), "signed_on": date(2026, 10, 10), "is_counted": True, "reason_zh": "计入"}  # fmt: skip
    numbers = dict.fromkeys(("renewable_vehicles", "renewed_vehicles", "full_cover_vehicles"), 100)
    rates = dict.fromkeys(("attainment_rate", "full_coverage_rate", "coefficient_a", "coefficient_b"), 0.9)
    amounts = dict.fromkeys(("base_amount", "bonus_amount", "next_full_cover_value"), 2000)
    signed = dict.fromkeys(("confirmed_on", "manager_confirmed_on", "general_manager_confirmed_on"))
    bonus = {"store_id": "001", "staff_id": "S1", "staff_name": "赵伟", "store_name": "第1店", "role": "renewal_specialist",
             "month": date(2026, 10, 1), "status": "awaiting_confirmation", "closes_on": date(2026, 11, 4), "plan_id": "p",
             "tier_a": 1, "tier_b": 1, "adjustment_amount": 0}  # fmt: skip
    return Statement(bonus | numbers | rates | amounts | signed, [line | {"line_number": at} for at in range(LINES)])


def pages(people: int, words: Words) -> None:
    """Everybody's own page."""
    bonus = statement().bonus | {"month": AS_OF.replace(day=1), "status": "provisional"}
    person = {name: bonus[name] for name in ("store_id", "store_name", "staff_id", "staff_name", "role")}
    own = Own(person | {"list_for_on": AS_OF, "rows": 45}, [bonus] * 6)
    for number in range(people):
        own_page(replace(own, person=own.person | {"staff_id": f"S{number}"}), words)


def statements(people: int, words: Words) -> None:
    """Everybody's statement, as a page and as PDF."""
    made = statement()
    for _ in range(people):
        report = statement_report(made, words.zh)
        as_pdf([report])
        as_html(report, words)


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.bench.reports")
    parser.add_argument("--stores", type=int, default=200)
    parser.add_argument("--people", type=int, default=3000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        words = make_marts(folder, {f"{number:03}": f"第{number}店" for number in range(1, options.stores + 1)})
        timed(f"weekly analyses of {options.stores} stores", lambda: list(weekly_files(folder, AS_OF)))
        timed(f"workbook of the KPIs of {options.stores} stores", lambda: kpi_workbook(folder, words.zh))
        timed(f"own pages of {options.people} people", lambda: pages(options.people, words))
        timed(
            f"statements of {options.people} people, {LINES} vehicles each", lambda: statements(options.people, words)
        )


if __name__ == "__main__":
    main()
