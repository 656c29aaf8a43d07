"""The weekly renewal analysis 续保分析报告 (L21): on Monday morning, after the night, per store and for the group.

Written by rules from the published night in force, as a page and as PDF, into that night's outbox: the general manager
gets all of them, an insurance manager the own store's. What is in force while this is red: the night and its lists, untouched.
"""

from __future__ import annotations

import os

import pendulum
from airflow.sdk import Param, dag, get_current_context, task
from airflow.timetables.interval import CronDataIntervalTimetable

TIMEZONE = os.environ.get("XUBAO_TIMEZONE", "Asia/Shanghai")


@task
def published() -> str:
    """The published night that is reported on: of the day in as_of, else the one in force.

    Red: no night is published (for that day); run nightly, then clear this.
    """
    from exports.steps import published_step

    return published_step(get_current_context()["params"].get("as_of"))


@task
def write(published: str) -> int:
    """Write the reports. Red: the night is past (run nightly, then clear this) or our own bug; the log says which."""
    from exports.report.steps import weekly_step

    return weekly_step(published)


@task
def outbox(published: str, written: int) -> int:
    """Put them into the outbox of their night. Red: they wait in reports/weekly; run it again."""
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
    dag_id="weekly_report",
    schedule=CronDataIntervalTimetable("0 7 * * 1", timezone=TIMEZONE),
    start_date=pendulum.datetime(2026, 1, 1, tz=TIMEZONE),
    catchup=False,
    max_active_runs=1,
    params={"as_of": Param(None, type=["null", "string"], format="date", description="published night to report on")},
    default_args={"retries": int(os.environ.get("XUBAO_RETRIES", "2")), "retry_delay": pendulum.duration(minutes=2)},
    doc_md=__doc__,
    tags=["xubao"],
)
def weekly_report() -> None:
    shown = published()
    waiting = outbox(shown, write(shown))
    deliver.partial(published=shown, waiting=waiting).expand(channel=channels())


weekly_report()
