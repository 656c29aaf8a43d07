"""Closing of bonus months: on working day 3 of the next month the statements are frozen and never change again.

Once a month awaits confirmation, and again once it is closed, everybody's statement goes out with its vehicle lines and
places for three signatures.

Runs every morning after the night and does nothing unless a month is due. What is known later becomes an adjustment in
the next open month (table statement_adjustment of restricted.duckdb). What is in force while this is red: all months
closed before, as frozen; the month that was due stays open and awaits confirmation.
"""

from __future__ import annotations

import os

import pendulum
from airflow.sdk import Param, dag, get_current_context, task
from airflow.timetables.interval import CronDataIntervalTimetable

TIMEZONE = os.environ.get("XUBAO_TIMEZONE", "Asia/Shanghai")


@task
def published() -> str:
    """The published night whose figures are frozen: of the day in as_of, else the one in force.

    Red: no night is published (for that day); run nightly, then clear this.
    """
    from exports.steps import published_step

    return published_step(get_current_context()["params"].get("as_of"))


@task
def close(published: str) -> int:
    """Freeze the statements of the months that are due. Red: run it again, what is frozen is not frozen twice."""
    from ingest.closing import close_step

    return close_step(published)


@task
def statements(published: str, closed: int) -> int:
    """Write the statements of a month that newly awaits confirmation or is closed. Red: run it again, it is idempotent."""
    from exports.report.steps import statements_step

    return statements_step(published)


@task
def outbox(published: str, written: int) -> int:
    """Put them into the outbox of their night. Red: they wait in reports/statements; run it again."""
    from exports.steps import reports_step

    return reports_step(published, written)


@task
def channels() -> list[str]:
    """The ways by which files leave. Red: delivery.yaml cannot be read; mend it (docs/delivery.md) and run this again."""
    from exports.channels.settings import channels

    return channels()


@task(map_index_template="{{ task.op_kwargs['channel'] }}")
def deliver(channel: str, published: str, waiting: int) -> None:
    """Hand the reports over by one channel, no list of the night. Red: they did not arrive, the message says why.

    Mend the channel and clear this: what has arrived is not sent again.
    """
    from exports.steps import deliver_reports_step

    deliver_reports_step(channel, published, waiting)


@dag(
    dag_id="monthly_close",
    schedule=CronDataIntervalTimetable("0 7 * * *", timezone=TIMEZONE),
    start_date=pendulum.datetime(2026, 1, 1, tz=TIMEZONE),
    catchup=False,
    max_active_runs=1,
    params={"as_of": Param(None, type=["null", "string"], format="date", description="published night to close from")},
    default_args={"retries": int(os.environ.get("XUBAO_RETRIES", "2")), "retry_delay": pendulum.duration(minutes=2)},
    doc_md=__doc__,
    tags=["xubao"],
)
def monthly_close() -> None:
    shown = published()
    waiting = outbox(shown, statements(shown, close(shown)))
    deliver.partial(published=shown, waiting=waiting).expand(channel=channels())


monthly_close()
