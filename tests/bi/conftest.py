"""A warehouse made from the marts' contracts, and Apache Superset as an administrator sets it up."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from exports.dictionary import declared_models, meta
from exports.superset.bundle import marts
from tests.ingest.places.servers import free_port, running

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-superset" / "bin" / "python"
LABELS = ROOT / "dbt_project" / "seeds" / "label.csv"
CONFIG = """
SECRET_KEY = "{key}"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db"
BABEL_DEFAULT_LOCALE = "zh"
LANGUAGES = {{"zh": {{"flag": "cn", "name": "简体中文"}}, "en": {{"flag": "us", "name": "English"}}}}
TALISMAN_ENABLED = False
RATELIMIT_ENABLED = False
"""


def make_night(published: Path, name: str, factor: int) -> Path:
    """A published night with the marts of the board: columns and types of their contracts, 24 made-up rows in each."""
    folder = published / name
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "analytics.duckdb")) as connection:
        connection.execute("create schema marts")
        connection.execute(
            f"create table marts.dim_label as select key, zh, en from read_csv('{LABELS}', header = true, all_varchar = true)"
        )
        for mart in marts():
            columns = ", ".join(
                f"{_value(mart, column, factor)} as {column['name']}" for column in declared_models()[mart]["columns"]
            )
            rows = 2 if mart == "dim_store" else 24
            connection.execute(f"create table marts.{mart} as select {columns} from range({rows}) as t (i)")
    link = published / ".current"
    link.symlink_to(name)
    os.replace(link, published / "current")
    return folder


def _value(mart: str, column: dict[str, Any], factor: int) -> str:
    """What stands in a column of row i, as SQL of its contract's type."""
    name, kind = column["name"], str(column["data_type"])
    if name == "store_id":
        value = "'00' || (1 + i % 2)"
    elif name == "store_name":
        value = "'第' || (1 + i % 2) || '店'"
    elif label := meta(column).get("label"):
        value = f"(select list(split_part(key, '.', 2) order by key) from marts.dim_label where key like '{label}.%')[1 + (i // 2)::integer % 3]"
    elif name == "data_date":
        value = "date '2026-11-23'"
    elif kind == "date":
        value = "date '2026-09-01' + to_months((i % 3)::integer)"
    elif kind == "boolean":
        value = "i % 4 < 2"
    elif kind.startswith("varchar"):
        value = f"'{name}' || i"
    else:
        value = f"({factor} * (i + 3 + {len(name)}))"
    return f"({value})::{kind}"


@dataclass
class Superset:
    """A running Superset and one who is logged in."""

    address: str
    password: str
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.address, timeout=60, headers={"Referer": self.address})
        who = {"username": "admin", "password": self.password, "provider": "db"}
        token = self.post("/api/v1/security/login", **who)["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"
        self.client.headers["X-CSRFToken"] = self.get("/api/v1/security/csrf_token/")["result"]

    def get(self, path: str) -> dict[str, Any]:
        return self._answer(self.client.get(path))

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        return self._answer(self.client.post(path, json=body))

    def put(self, path: str, **body: Any) -> dict[str, Any]:
        return self._answer(self.client.put(path, json=body))

    def upload(self, path: str, name: str, data: bytes) -> None:
        self._answer(self.client.post(path, files={name: ("xubao-board.zip", data, "application/zip")}))

    def rows(self, dataset: int, metrics: list[Any], by: list[str], where: str = "") -> list[dict[str, Any]]:
        """What a chart on a dataset shows."""
        query = {"columns": by, "metrics": metrics, "row_limit": 1000, "extras": {"where": where}, "filters": []}
        body = {"datasource": {"id": dataset, "type": "table"}, "queries": [query], "force": True}
        return self.post("/api/v1/chart/data", **body)["result"][0]["data"]

    def _answer(self, response: httpx.Response) -> dict[str, Any]:
        assert response.is_success, f"{response.request.url.path}: {response.status_code} {response.text[:1000]}"
        return response.json()


@pytest.fixture(scope="module")
def superset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    if not PYTHON.exists():
        reason = "Apache Superset is not installed; make superset"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    folder, port, password = tmp_path_factory.mktemp("superset"), free_port(), secrets.token_hex(8)
    (folder / "superset_config.py").write_text(
        CONFIG.format(key=secrets.token_hex(32), folder=folder), encoding="utf-8"
    )
    settings = {
        "SUPERSET_CONFIG_PATH": folder / "superset_config.py", "SUPERSET_HOME": folder, "SCARF_ANALYTICS": "false",
        "PYTHONUTF8": "1", "PYTHONPATH": "", "HOME": folder,
    }  # fmt: skip
    command = [
        "env",
        *(f"{name}={value}" for name, value in settings.items()),
        str(PYTHON),
        str(Path(__file__).parent / "server.py"),
        str(port),
        password,
    ]

    def answers() -> None:
        socket.create_connection(("127.0.0.1", port), 5).close()
        assert httpx.get(f"http://127.0.0.1:{port}/health", timeout=30).text == "OK"

    with running(command, answers, None, folder / "log", patience=180):
        yield Superset(f"http://127.0.0.1:{port}", password)
