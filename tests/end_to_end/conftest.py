"""A whole sample group in small, and its nights: run once for all end-to-end tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.end_to_end.simulation import Evening

D = date(2026, 11, 24)
NIGHTS = 6
VEHICLES = 1500
KEY = bytes(range(32))


def night(number: int) -> date:
    """as_of of the night that many days after the first."""
    return D + timedelta(days=number)


@contextmanager
def environment(home: Path) -> Iterator[None]:
    """The environment of a night in `home`, with a fixed key so that two homes can be compared."""
    from airflow.sdk.configuration import clear_secrets_backends_cache

    from dags.settings import environment as settings
    from ingest.home import write_atomic

    before = dict(os.environ)
    home.mkdir(parents=True, exist_ok=True)
    write_atomic(home / "key", KEY, mode=0o600)
    os.environ["XUBAO_HOME"] = str(home)
    airflow_home = os.environ["AIRFLOW_HOME"]
    os.environ.update(settings())
    os.environ["AIRFLOW_HOME"] = airflow_home
    clear_secrets_backends_cache()  # Airflow would keep to the connections of the process's first home
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        clear_secrets_backends_cache()


def run_steps(as_of: date) -> tuple[Path, str]:
    """The steps of the night as the DAG calls them, without Airflow; published folder and status."""
    from dbt_project.build import build_step
    from expectations.reception import receive_step
    from exports.steps import audit_step, deliver_step, outbox_step, publish_step, verdict_step
    from ingest.archive import keep_step, remember_step
    from ingest.spec import sources

    received = [receive_step(source, str(as_of))["source"] for source in sources()]
    build = audit_step(build_step(str(as_of)))
    published = publish_step(build)
    done = {"sources": list(sources()), "keep": keep_step(build), "lists": outbox_step(published)}
    failures = deliver_step("folder", published)
    status = verdict_step(str(as_of), published, done, received, failures)
    remember_step(str(as_of))
    return Path(published), status


def prepare(home: Path, as_of: date, vehicles: int = VEHICLES) -> None:
    """Let the sample group's systems write what they know, and connect them."""
    from dags.__main__ import prepare_sample
    from ingest.sample import grow

    if not (home / "sample" / "sample.json").exists():
        grow(home, as_of, vehicles=vehicles)
    prepare_sample(as_of)


def published_bytes(folder: Path) -> dict[str, bytes]:
    """The files of a published folder whose bytes must repeat."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for room in ("extracts", "parquet", "board")
        for path in sorted((folder / room).rglob("*"))
        if path.is_file()
    }


@dataclass
class Group:
    """The sample group after its nights."""

    home: Path
    published: dict[int, Path] = field(default_factory=dict)
    status: dict[int, str] = field(default_factory=dict)
    first_bytes: dict[int, dict[str, bytes]] = field(default_factory=dict)
    _evenings: dict[int, Evening] = field(default_factory=dict)

    def truth(self, name: str) -> str:
        """Path of a file of the truth, for SQL."""
        return str(self.home / "sample" / "truth" / f"{name}.parquet")

    def evening(self, number: int) -> Evening:
        """What a night left behind, for its checks."""
        return self._evenings.setdefault(number, Evening(self.home, self.published[number]))

    def marts(self, number: int) -> duckdb.DuckDBPyConnection:
        """The analysts' warehouse of a night, read only."""
        return duckdb.connect(str(self.published[number] / "analytics.duckdb"), read_only=True)

    def outbox(self, number: int) -> dict[str, bytes]:
        folder = self.home / "outbox" / str(night(number))
        return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.xlsx"))}


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Group]:
    """Six nights in a row, with all the trouble that the sample makes on them."""
    home = tmp_path_factory.mktemp("group") / "home"
    made = Group(home)
    with environment(home):
        for number in range(NIGHTS):
            prepare(home, night(number))
            made.published[number], made.status[number] = run_steps(night(number))
            made.first_bytes[number] = published_bytes(made.published[number])
        yield made


def quarantined(home: Path) -> list[dict]:
    """Every quarantined row: source, extract, landed file name, row, rule."""
    from ingest.batches import batches

    rows = []
    for batch in batches():
        path = home / "quarantine" / batch.entity / batch.source / str(batch.received_on)
        file = path / f"{batch.sidecar().stem}.parquet"
        if batch.is_accepted and file.exists():
            table = pq.read_table(file)
            for row in table.to_pylist():
                rows.append(
                    {"source": batch.source, "extract": batch.extract, "name": batch.name, "version": batch.version,
                     "row": row["_row"], "rule": row["_rule"], "values": row}
                )  # fmt: skip
    return rows
