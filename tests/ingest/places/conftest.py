"""Places to fetch from: one server of each kind for a whole test file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.conftest import Desk
from tests.ingest.places import servers


@pytest.fixture(scope="module")
def postgres() -> Iterator[servers.Database]:
    with servers.postgres() as running:
        yield running


@pytest.fixture(scope="module")
def mariadb() -> Iterator[servers.Database]:
    with servers.mariadb() as running:
        yield running


@pytest.fixture(scope="module")
def sftp() -> Iterator[servers.SftpServer]:
    with servers.sftp() as running:
        yield running


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, Any]]:
    with servers.s3() as running:
        yield running


@dataclass
class Place:
    """A place where an insurer puts files, and the desk that fetches them."""

    desk: Desk
    put: Callable[[str, bytes], None]
    remove: Callable[[str], None]

    def csv(self, name: str, *lines: str, total: bool = True) -> bytes:
        """Put a file of policy lines; returns its bytes."""
        made = self.desk.put(name, *lines, total=total).read_bytes()
        self.put(name, made)
        return made

    def names(self, as_of: date) -> list[str]:
        return [batch.name for batch in self.desk.receive(as_of)]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], None]:
    """Make this the connection of the insurer's outbox."""
    return lambda place: monkeypatch.setenv("AIRFLOW_CONN_PICC_OUTBOX", json.dumps(place))


@pytest.fixture
def sftp_place(desk: Desk, sftp: servers.SftpServer, connect: Callable[..., None], tmp_path: Path) -> Place:
    folder = sftp.folder / tmp_path.name
    folder.mkdir()
    folder.chmod(0o755)
    connect(sftp.place(path=str(folder)))
    return Place(desk, lambda name, data: _write(folder / name, data), lambda name: (folder / name).unlink())


@pytest.fixture(params=["file", "sftp", "s3"])
def place(request: pytest.FixtureRequest, desk: Desk, tmp_path: Path, connect: Callable[..., None]) -> Place:
    if request.param == "sftp":
        return request.getfixturevalue("sftp_place")
    if request.param == "s3":
        s3 = request.getfixturevalue("s3")
        extra = {**s3["place"]["extra"], "path": f"insurers/{tmp_path.name}"}
        connect({**s3["place"], "extra": extra})
        client = s3["client"]
        return Place(
            desk,
            lambda name, data: client.put_object(Bucket="insurers", Key=f"{tmp_path.name}/{name}", Body=data),
            lambda name: client.delete_object(Bucket="insurers", Key=f"{tmp_path.name}/{name}"),
        )
    folder = tmp_path / "other outbox"
    folder.mkdir()
    connect({"conn_type": "file", "extra": {"path": str(folder)}})
    return Place(desk, lambda name, data: _write(folder / name, data), lambda name: (folder / name).unlink())


@pytest.fixture
def settle(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set the option settle_seconds of the insurer's connection."""

    def wait(seconds: float) -> None:
        place = json.loads(os.environ["AIRFLOW_CONN_PICC_OUTBOX"])
        place["extra"]["settle_seconds"] = seconds
        monkeypatch.setenv("AIRFLOW_CONN_PICC_OUTBOX", json.dumps(place))

    return wait


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    path.chmod(0o644)
