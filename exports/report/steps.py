"""The steps that write reports, as their DAGs call them: timed, alone in their home, aware of a rebuild.

A report joins the outbox of the night it was written from, and is delivered as everything else there: once.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from exports.board.data import ALL
from exports.page.words import load_words
from exports.report.content import Report
from exports.report.render import as_html, as_pdf
from exports.report.shelf import keep
from exports.report.statement import months_to_state, statement_report, statements
from exports.report.weekly import weekly_reports
from exports.shelf import as_of_of, open_read_only
from ingest.home import home, is_rebuild, log, read_json, step, write_json

MANAGERS = "general_manager"
File = tuple[str, str, bytes]
"""Recipient, name, bytes."""


class NightIsPastError(RuntimeError):
    """A report was asked for of a night that newer files have made a past one."""


def weekly_step(published: str) -> int:
    """Write the weekly analyses of a published night anew; return how many files. Raises NightIsPastError."""
    folder = Path(published)
    as_of = as_of_of(folder)
    if is_rebuild(as_of):
        raise NightIsPastError(
            f"{as_of} 之后已收到新文件,不再为它写报告 · files that are newer than the night of {as_of} have been received, so "
            "nothing of it is reported or delivered any more. Run `make nightly`, then this again."
        )
    with step(as_of, "weekly"):
        shutil.rmtree(home() / "reports" / "weekly" / str(as_of), ignore_errors=True)
        return keep("weekly", as_of, weekly_files(folder, as_of))


def weekly_files(published: Path, as_of: date) -> Iterator[File]:
    """The files of a night's weekly analyses: the general manager gets all, an insurance manager the own store's."""
    words, language = load_words(published, as_of), _language()
    managers = _managers(published)
    for store, report in weekly_reports(published, words, language):
        name = f"weekly_report_{'group' if store == ALL else store}_{as_of:%Y%m%d}"
        for ending, data in (("html", as_html(report, words)), ("pdf", as_pdf([report]))):
            for recipient in [MANAGERS, *managers.get(store, [])]:
                yield recipient, f"{name}.{ending}", data


def statements_step(published: str) -> int:
    """Write the statements of every month that newly awaits confirmation or is closed; return how many files.

    Each month and state once, from the first night that shows it; that night again writes the same.
    """
    folder = Path(published)
    as_of = as_of_of(folder)
    if is_rebuild(as_of):
        log("reports", "a rebuild writes no statements")
        return 0
    count = 0
    with step(as_of, "statements"):
        for store, month, status in months_to_state(folder, as_of):
            mark = home() / "state" / "statements" / store / f"{month:%Y-%m}-{status}.json"
            if mark.exists() and read_json(mark)["as_of"] != str(as_of):
                continue
            count += keep("statements", as_of, statement_files(folder, as_of, store, month, status))
            write_json(mark, {"as_of": str(as_of)})
    return count


def statement_files(published: Path, as_of: date, store: str, month: date, status: str) -> Iterator[File]:
    """One PDF and one page per person; one PDF of the whole store for its managers, to print and sign."""
    words = load_words(published, as_of)
    night = words.of(_language())
    state = "final" if status == "closed" else "confirm"
    reports: list[Report] = []
    for statement in statements(published, store, month, status):
        report = statement_report(statement, night)
        reports.append(report)
        staff = statement.bonus["staff_id"]
        name = f"statement_{store}_{staff}_{statement.bonus['role']}_{month:%Y%m}_{state}"
        yield staff, f"{name}.pdf", as_pdf([report])
        yield staff, f"{name}.html", as_html(report, words)
    data = as_pdf(reports)
    for recipient in [MANAGERS, *_managers(published).get(store, [])]:
        yield recipient, f"statements_{store}_{month:%Y%m}_{state}.pdf", data


def _managers(published: Path) -> dict[str, list[str]]:
    """store_id -> its insurance managers."""
    found: dict[str, list[str]] = {}
    with open_read_only(published / "restricted.duckdb") as connection:
        for store, staff in connection.execute(
            "select store_id, staff_id from restricted.list_recipient where list_kind = 'team' order by all"
        ).fetchall():
            found.setdefault(store, []).append(staff)
    return found


def _language() -> str:
    return os.environ.get("XUBAO_LANGUAGE") or "zh"
