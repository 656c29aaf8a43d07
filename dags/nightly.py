"""The night: from the extracts that arrived to the morning's call lists.

Each task calls one function that also runs, and is tested, without Airflow. What is in force while this is red:
the warehouse and lists of the newest published night, untouched.
"""

from __future__ import annotations

import os

import pendulum
from airflow.sdk import Param, dag, get_current_context, task
from airflow.timetables.interval import CronDataIntervalTimetable

TIMEZONE = os.environ.get("XUBAO_TIMEZONE", "Asia/Shanghai")


@task
def as_of_date() -> str:
    """The day whose morning is prepared: the parameter, else the end of the data interval, else today."""
    context = get_current_context()
    given = context["params"].get("as_of")
    end = context.get("data_interval_end") or pendulum.now(TIMEZONE)
    return str(given or pendulum.instance(end).in_timezone(TIMEZONE).date())


@task
def sources() -> list[str]:
    """The sources that have a spec. Red: a spec is wrong; the message names file and line to mend."""
    from ingest.spec import sources

    return list(sources())


@task(map_index_template="{{ task.op_kwargs['source'] }}")
def receive(source: str, as_of: str) -> dict:
    """Pull, land, read and check one source. Red: a received file could not be stored (disk full?) or our own bug.

    A source that is down or sends rubbish is not red: its last good batch stays in force. Clear and run again.
    """
    from expectations.reception import receive_step

    return receive_step(source, as_of)


@task(trigger_rule="all_done", pool="xubao_build")
def build(as_of: str) -> str:
    """Select the inputs and run dbt. Red: a model or one of our own tests failed; the task's log names it."""
    from dbt_project.build import build_step

    return build_step(as_of)


@task
def audit(build: str) -> str:
    """Check the finished build before anybody sees it. Red: the failed check is named; nothing was published."""
    from exports.steps import audit_step

    return audit_step(build)


@task
def publish(build: str) -> str:
    """Put the build in place whole, move `current`, keep what was decided. Red: run it again, it is idempotent."""
    from exports.steps import publish_step

    return publish_step(build)


@task
def keep(published: str, build: str) -> int:
    """Archive what this night decided for the nights to come. Red: run it again before the next night."""
    from ingest.archive import keep_step

    return keep_step(build)


@task
def call_lists(published: str, kept: int) -> int:
    """Write everybody's workbooks into the outbox. Red: yesterday's lists are still in the outbox; run it again.

    After keep: what is not archived could not be matched when it comes back filled in.
    """
    from exports.steps import outbox_step

    return outbox_step(published)


@task
def channels() -> list[str]:
    """The ways by which lists leave, as delivery.yaml declares them. Red: it cannot be read, so nothing is delivered.

    The lists lie in the outbox; mend the file (docs/delivery.md) and run this again.
    """
    from exports.channels.settings import channels

    return channels()


@task(map_index_template="{{ task.op_kwargs['channel'] }}")
def deliver(channel: str, published: str, lists: int) -> list[str]:
    """Hand each recipient's files over by one channel. Red: our own bug; the receipts tell what has arrived.

    A channel that is down or an uncertain mail is not red: it is a reason of the verdict. What has arrived is not sent
    again when this is run again; `python -m exports.deliver --as-of DAY --status` says what waits.
    """
    from exports.steps import deliver_step

    return deliver_step(channel, published)


@task(trigger_rule="all_done")
def load(published: str | None, undelivered: list) -> list[str]:
    """Load the night into the PostgreSQL server that XUBAO_POSTGRES names, if any. Red: our own bug.

    A server that is down is not red: it is a reason of the verdict, and it keeps what it holds. Once it is up again,
    `python -m exports.postgres` loads the night in force. After delivery: people's lists do not wait for it.
    """
    from exports.steps import load_step

    return load_step(published) if published else []


@task(trigger_rule="all_done")
def tell(published: str | None, undelivered: list) -> list[str]:
    """Tell the managers by the channels that work what the others could not deliver. Red: they were not told."""
    from exports.steps import tell_step

    return tell_step(published, [failure for failures in undelivered or [] for failure in failures])


@task(trigger_rule="all_done")
def verdict(as_of: str, published: str | None, done: dict, received: list, ways: list, undelivered: list) -> str:
    """Say what the night came to. Red: a step broke off; the message names it and what is in force."""
    from exports.steps import verdict_step

    failures = [failure for failures in [*(undelivered or []), done["load"] or []] for failure in failures]
    ended = len(ways or []) == len(undelivered or []) > 0 or None
    return verdict_step(
        as_of, published, done | {"deliver": ended}, [source["source"] for source in received or []], failures
    )


@task
def remember(as_of: str, status: str) -> int:
    """Archive the verdict for the nights to come. Red: run it again before the next night."""
    from ingest.archive import remember_step

    return remember_step(as_of)


@dag(
    dag_id="nightly",
    schedule=CronDataIntervalTimetable("0 2 * * *", timezone=TIMEZONE),
    start_date=pendulum.datetime(2026, 1, 1, tz=TIMEZONE),
    catchup=False,
    max_active_runs=1,
    params={"as_of": Param(None, type=["null", "string"], format="date", description="day whose morning is prepared")},
    default_args={"retries": int(os.environ.get("XUBAO_RETRIES", "2")), "retry_delay": pendulum.duration(minutes=2)},
    doc_md=__doc__,
    tags=["xubao"],
)
def nightly() -> None:
    as_of = as_of_date()
    wanted = sources()
    received = receive.partial(as_of=as_of).expand(source=wanted)
    built = build(as_of)  # runs whatever the sources' verdicts are
    received >> built
    published = publish(audit(built))
    kept = keep(published, built)
    lists = call_lists(published, kept)
    ways = channels()
    delivered = deliver.partial(published=published, lists=lists).expand(channel=ways)
    loaded = load(published, delivered)
    told = tell(published, delivered)
    done = {"sources": wanted, "keep": kept, "lists": lists, "load": loaded, "tell": told}
    judged = verdict(as_of, published, done, received, ways, delivered)
    remember(as_of, judged)


nightly()
