"""The environment in which Airflow and every step run: one place, so that no shell profile changes a night."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from ingest.home import PROJECT, home, write_atomic
from ingest.places.connections import airflow_environment


def environment() -> dict[str, str]:
    """os.environ plus what Airflow, dbt and Great Expectations need; makes the pseudonym key if there is none."""
    root = home()
    airflow = root / "airflow"
    key = Path(os.environ.get("XUBAO_KEY_FILE") or root / "key")
    if not key.exists():
        write_atomic(key, secrets.token_bytes(32), mode=0o600)
    jwt = airflow / "jwt_secret"
    if not jwt.exists():
        write_atomic(jwt, secrets.token_hex(32).encode(), mode=0o600)
    ours = airflow_environment() | {
        "XUBAO_HOME": str(root),
        "XUBAO_KEY_FILE": str(key),
        "PYTHONPATH": str(PROJECT),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONUTF8": "1",
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API_AUTH__JWT_SECRET": jwt.read_text(),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(root / "logs" / "airflow"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCARF_ANALYTICS": "False",
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
        "GX_ANALYTICS_ENABLED": "False",
    }
    database = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{airflow / 'airflow.db'}"}
    return database | dict(os.environ) | ours
