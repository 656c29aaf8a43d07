"""Training of the propensity model: monthly, and whenever somebody presses Trigger.

Learns from the published night in force. A new model is archived only if it beats the one in force, and last year's
segment rate, on the same held-out months; the nights after it score by it. What is in force while this is red: the
model of before, or the segment's rate of last year; no list and no warehouse depends on it today.
"""

from __future__ import annotations

import os

import pendulum
from airflow.sdk import Param, dag, get_current_context, task
from airflow.timetables.interval import CronDataIntervalTimetable

TIMEZONE = os.environ.get("XUBAO_TIMEZONE", "Asia/Shanghai")


@task
def published() -> str:
    """The published night that is learned from: of the day in as_of, else the one in force.

    Red: no night is published (for that day); run nightly, then clear this.
    """
    from exports.steps import published_step

    return published_step(get_current_context()["params"].get("as_of"))


@task
def train(published: str) -> str:
    """Learn and compare. Red: our own bug; the log says where. Too little data is not red, it is recorded."""
    from dbt_project.propensity.step import train_step

    return train_step(published)


@task
def keep(trained: str) -> int:
    """Archive the record of the training and, if it is the better one, the model. Red: run it again."""
    from ingest.archive import keep_trained_step

    return keep_trained_step(trained)


@dag(
    dag_id="train_propensity",
    schedule=CronDataIntervalTimetable("0 8 2 * *", timezone=TIMEZONE),
    start_date=pendulum.datetime(2026, 1, 1, tz=TIMEZONE),
    catchup=False,
    max_active_runs=1,
    params={"as_of": Param(None, type=["null", "string"], format="date", description="published night to learn from")},
    default_args={"retries": int(os.environ.get("XUBAO_RETRIES", "2")), "retry_delay": pendulum.duration(minutes=2)},
    doc_md=__doc__,
    tags=["xubao"],
)
def train_propensity() -> None:
    keep(train(published()))


train_propensity()
