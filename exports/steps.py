"""The steps of the night that go out, as its DAG calls them: timed, alone in their home, aware of a rebuild."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from exports.audit import audit
from exports.deliver import deliver, tell_managers
from exports.outbox import fill_outbox
from exports.publish import publish
from exports.report.shelf import keys_in_outbox
from exports.shelf import NotPublishedError, as_of_of, current, published_of
from exports.verdict import verdict
from exports.wording import load_night
from ingest.home import home, is_rebuild, log, read_json, step


class NightNotPublishedError(RuntimeError):
    """The night ended without a published warehouse."""


class ReportsNotDeliveredError(RuntimeError):
    """Reports did not arrive by a channel; what arrived is not sent again."""


class StepBrokeOffError(RuntimeError):
    """A step broke off by our own fault; the night went on without what it makes."""


def audit_step(build: str) -> str:
    """Audit a build folder; return its path."""
    folder = Path(build)
    with step(_as_of(folder), "audit"):
        audit(folder)
    return build


def publish_step(build: str) -> str:
    """Publish an audited build (to rebuilt/ if its night is past); return the published folder's path."""
    folder = Path(build)
    as_of = _as_of(folder)
    with step(as_of, "publish"):
        return str(publish(folder, rebuild=is_rebuild(as_of)))


def published_step(as_of: str | None) -> str:
    """The folder of a published night, by default the one in force. Raises NotPublishedError."""
    now = current()
    if as_of is None and now is not None:
        return str(now)
    if as_of is None:
        raise NotPublishedError("No night is published yet, so there is nothing to work on; run `make nightly` first.")
    return str(published_of(date.fromisoformat(as_of)))


def outbox_step(published: str) -> int:
    """Write everybody's files; return how many people get one. A rebuild writes none."""
    as_of = as_of_of(Path(published))
    if is_rebuild(as_of):
        log("lists", "a rebuild writes no lists")
        return 0
    with step(as_of, "lists"):
        return int(fill_outbox(as_of)["recipients"])


def reports_step(published: str, written: int) -> int:
    """Take newly written reports up into the outbox of their night; return how many people get a file. None written: 0."""
    return outbox_step(published) if written else 0


def deliver_reports_step(channel: str, published: str, waiting: int) -> None:
    """Deliver the reports of a night, and nothing else of it: lists that could not be delivered in their morning are old.

    waiting: what reports_step returned. Raises ReportsNotDeliveredError: nobody else would say that they did not arrive.
    """
    if not waiting:
        return
    as_of = as_of_of(Path(published))
    with step(as_of, f"deliver-reports-{channel}"):
        failed = deliver(as_of, channel, only=keys_in_outbox(as_of))["failed"]
    if failed:
        raise ReportsNotDeliveredError(
            f"{channel}: {'; '.join(failed)}. The reports wait in the outbox of {as_of}; mend the channel and run this again."
        )


def deliver_step(channel: str, published: str) -> list[str]:
    """Deliver the night's files through one channel; return what could not be handed over, with reasons."""
    as_of = as_of_of(Path(published))
    if is_rebuild(as_of):
        log("deliver", "a rebuild delivers nothing")
        return []
    with step(as_of, f"deliver-{channel}"):
        return [f"{channel}: {failure}" for failure in deliver(as_of, channel)["failed"]]


def load_step(published: str) -> list[str]:
    """Load the night into the PostgreSQL server, if there is to be one; return why it could not be, if so."""
    from exports.postgres.load import load
    from exports.postgres.server import ServerNotLoadedError, server

    folder = Path(published)
    as_of = as_of_of(folder)
    if is_rebuild(as_of):
        log("postgres", "a rebuild loads nothing")
        return []
    try:
        to = server()
        if to is not None:
            with step(as_of, "postgres"):
                loaded = load(folder, to)
            log("postgres", f"{loaded.rows} rows in {loaded.tables} tables")
    except ServerNotLoadedError as error:
        log("postgres", str(error))
        return [str(error)]
    return []


def tell_step(published: str | None, undelivered: list[str]) -> list[str]:
    """Tell the managers what deliver_step could not hand over, by the channels that work; return those channels."""
    if published is None or not undelivered:
        return []
    folder = Path(published)
    as_of = as_of_of(folder)
    with step(as_of, "tell"):
        failures = Counter(failure.partition(":")[0] for failure in undelivered)
        return tell_managers(as_of, failures, load_night(folder, as_of, os.environ.get("XUBAO_LANGUAGE") or "zh"))


def verdict_step(
    as_of: str, published: str | None, done: dict[str, Any], received: list[str], undelivered: list[str]
) -> str:
    """Say what the night came to and clear its private build folders away; return the status.

    `done`: what the steps returned, None where one broke off, with `sources`: names of all that have a spec. `received`: the sources whose reception came to an end. Raises NightNotPublishedError if this run
    published nothing, StepBrokeOffError if a step before or after the publish did not end.
    """
    day = date.fromisoformat(as_of)
    if published is None:
        verdict(
            day, ["the last run of this night failed before it published; what was published before stays in force"]
        )
        raise NightNotPublishedError(
            f"The night of {as_of} published nothing; the newest published night stays in force. "
            f"The log of the first red step says why; mend it and run `make nightly DATE={as_of}` again."
        )
    if is_rebuild(day):
        log("verdict", f"{as_of} was rebuilt in {published}; `current` and all lists are untouched")
        status = "rebuilt"
    else:
        problems = [f"reception of {source} broke off" for source in sorted(set(done["sources"] or []) - set(received))]
        problems += [f"step {name} broke off" for name, value in done.items() if value is None and name != "sources"]
        result = verdict(day, [*problems, *undelivered])
        status = str(result["status"])
        if problems:
            raise StepBrokeOffError(
                f"The night of {as_of} is published, but not whole: {'; '.join(problems)} (disk full?). Nothing is lost; "
                f"the log of the red step says why. Mend the cause and run `make nightly DATE={as_of}` again."
            )
    for folder in (home() / "builds").glob("*/inputs.json"):
        if _as_of(folder.parent) == day:
            shutil.rmtree(folder.parent)
    return status


def _as_of(build: Path) -> date:
    return date.fromisoformat(read_json(build / "inputs.json")["as_of"])
