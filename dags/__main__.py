"""Run a whole night through Airflow in the foreground: `python -m dags [--as-of 2026-11-24]`, or `make nightly`."""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from dags.settings import environment
from ingest.home import PROJECT, home, write_atomic, write_json
from ingest.places.connections import connections_file

AIRFLOW = [sys.executable, "-m", "airflow"]
AIRFLOWS = re.compile(r"^\d{4}-\d\d-\d\dT\S+ \[")
"""The beginning of any line of Airflow's own."""

FAULT = re.compile(r"^(?:dags|ingest|expectations|dbt_project|exports)\.\w[\w.]*Error: (.*)")
"""The line on which one of our own errors begins; it goes on until the next line of Airflow's."""

PROGRESS = re.compile(r"^\S+ \[\w+ *\] (.*?) +\[xubao\]")
"""Our own lines of progress in Airflow's output."""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="dags", description="Run the night.")
    parser.add_argument(
        "--as-of", type=date.fromisoformat, default=None, help="day whose morning is prepared; default: today"
    )
    parser.add_argument("--prepare", action="store_true", help="only set up: sample, connections, Airflow's database")
    parser.add_argument("--serve", action="store_true", help="start Airflow: scheduler, web page, REST API")
    parser.add_argument("--train", action="store_true", help="only train the propensity model on the published night")
    parser.add_argument(
        "--weekly", action="store_true", help="only write and deliver the weekly analysis of the published night"
    )
    options = parser.parse_args(argv)
    if options.train:
        return train(options.as_of)
    if options.weekly:
        return weekly(options.as_of)
    zone = ZoneInfo(os.environ.get("XUBAO_TIMEZONE", "Asia/Shanghai"))
    today = datetime.now(zone).date()
    as_of = options.as_of or today
    if as_of > today + timedelta(days=1) and not is_sample() and not (home() / "sample").exists():
        parser.error(
            f"{as_of} lies ahead of tomorrow; after it every earlier night would count as past. Is the year right?"
        )
    started = time.monotonic()
    env = environment()
    os.environ.update(env)
    prepare_sample(as_of)
    prepare_airflow(env)
    if options.prepare:
        return 0
    if options.serve:
        say("airflow", "http://127.0.0.1:8080 (no password, this machine only); stop with Ctrl-C")
        os.chdir(PROJECT)
        os.execvpe(sys.executable, [*AIRFLOW, "standalone"], env)
    code = run_night(as_of, env)
    seconds = time.monotonic() - started
    from exports.summary import summary_text

    if (home() / "state" / "verdict" / f"{as_of}.json").exists():
        print(f"\n{summary_text(as_of)}", end="")
    print(f"{'done' if code == 0 else 'FAILED'} in {seconds:.0f} s; log: {log_file(as_of)}")
    return code


def train(as_of: date | None) -> int:
    """The steps of train_propensity in this process: learn from the published night of as_of, else the one in force."""
    os.environ.update(environment())
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    from dbt_project.propensity.step import train_step
    from exports.shelf import NotPublishedError
    from exports.steps import published_step
    from ingest.archive import keep_trained_step

    try:
        published = published_step(str(as_of) if as_of else None)
    except NotPublishedError as error:
        raise SystemExit(str(error)) from None
    keep_trained_step(train_step(published))
    return 0


def weekly(as_of: date | None) -> int:
    """The steps of weekly_report in this process: on the published night of as_of, else the one in force."""
    os.environ.update(environment())
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    from exports.channels.settings import channels
    from exports.report.steps import NightIsPastError, weekly_step
    from exports.shelf import NotPublishedError
    from exports.steps import ReportsNotDeliveredError, deliver_reports_step, published_step, reports_step

    try:
        published = published_step(str(as_of) if as_of else None)
        waiting = reports_step(published, weekly_step(published))
        for channel in channels():
            deliver_reports_step(channel, published, waiting)
    except (NotPublishedError, NightIsPastError, ReportsNotDeliveredError) as error:
        raise SystemExit(str(error)) from None
    return 0


def log_file(as_of: date) -> Path:
    """The whole log of a night that was run in the foreground."""
    return home() / "logs" / f"nightly-{as_of}.log"


def is_sample() -> bool:
    """True unless the environment names a dealership's own sources or connections."""
    return not (os.environ.get("XUBAO_SOURCES") or os.environ.get("XUBAO_CONNECTIONS"))


def prepare_sample(as_of: date) -> None:
    """Let the sample group's systems write what they know by as_of, unless the home is a dealership's own."""
    if not is_sample():
        return
    from ingest.sample import grow

    say("sample", f"the sample group's extracts up to {as_of}")
    grow(home(), as_of)
    outbox = home() / "sample" / "outbox"
    folders = {"picc_outbox": "picc", "pingan_outbox": "pingan", "dadi_outbox": "dadi", "phone_outbox": "phone"}
    connections = {
        name: {"conn_type": "file", "extra": {"path": str(outbox / folder)}}
        for name, folder in {**folders, "returned_lists": "returned"}.items()
    }
    connections["dms"] = {"conn_type": "sqlite", "host": str(outbox / "dms" / "dms.sqlite")}
    write_json(connections_file(), connections, mode=0o600)  # JSON is YAML


def prepare_airflow(env: dict[str, str]) -> None:
    """Airflow's own database and the one-slot pool of the build; once per Airflow version."""
    from importlib.metadata import version

    done = home() / "airflow" / f"prepared-{version('apache-airflow')}"
    if done.exists():
        return
    say("airflow", "preparing its database (once)")
    for arguments in (["db", "migrate"], ["pools", "set", "xubao_build", "1", "one warehouse build at a time"]):
        finished = subprocess.run([*AIRFLOW, *arguments], env=env, cwd=PROJECT, capture_output=True, text=True)
        if finished.returncode:
            raise SystemExit(f"airflow {' '.join(arguments)} failed:\n{finished.stderr[-3000:]}")
    write_atomic(done, b"")


def run_night(as_of: date, env: dict[str, str]) -> int:
    """Run the DAG in one process, show our lines of progress, keep everything in the log."""
    path = log_file(as_of)
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [*AIRFLOW, "dags", "test", "nightly", "-f", str(PROJECT / "dags" / "nightly.py"),
               "-c", json.dumps({"as_of": str(as_of)})]  # fmt: skip
    (home() / "state" / "verdict" / f"{as_of}.json").unlink(missing_ok=True)
    say("night", f"{as_of} through Airflow")
    with (
        open(path, "w", encoding="utf-8") as log,
        subprocess.Popen(
            command,
            env=env | {"XUBAO_RETRIES": "0"},
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        in_fault = False
        for line in process.stdout or ():
            log.write(line)
            in_fault = in_fault and not AIRFLOWS.match(line)
            if progress := PROGRESS.match(line):
                say("", progress[1])
            elif fault := FAULT.match(line):
                in_fault = True
                say("ERROR", fault[1])
            elif in_fault:
                say("", "          " + line.rstrip())
        return process.wait()


def say(step: str, message: str) -> None:
    """One line of progress on the screen."""
    print(f"{step:9} {message}" if step else message, flush=True)


if __name__ == "__main__":
    sys.exit(main())
