"""A home of its own for every test: nothing of the developer's is read or written. And what tests need from outside."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="xubao-airflow-"))
os.environ["GX_ANALYTICS_ENABLED"] = "false"
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["DO_NOT_TRACK"] = "1"
os.environ.pop("XUBAO_HOME", None)
os.environ.pop("XUBAO_SOURCES", None)
os.environ.pop("XUBAO_CONNECTIONS", None)


@pytest.fixture(autouse=True)
def own_connections() -> None:
    """Airflow keeps the places of connections per process: a test must not see those of the home before."""
    configuration = sys.modules.get("airflow.sdk.configuration")
    if configuration is not None:
        configuration.clear_secrets_backends_cache()


PROGRAMS = {
    "initdb": "postgresql",
    "postgres": "postgresql",
    "mariadbd": "mariadb-server-core",
    "mariadb-install-db": "mariadb-server-core",
    "my_print_defaults": "mariadb-client-core",
    "sshd": "openssh-server",
    "soffice": "libreoffice-calc",
    "faketime": "faketime",
    "chromium": "chromium",
    "pdftotext": "poppler-utils",
}
"""Programs that some tests talk to, and Debian's packages that bring them; .ci/run installs them."""


def needs(program: str) -> Path:
    """Path of a program of PROGRAMS; without it the test is skipped with the reason, in CI (CI=true) it fails."""
    folders = ["/usr/sbin", *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)]
    found = shutil.which(program) or shutil.which(program, path=os.pathsep.join(folders))
    if found:
        return Path(found)
    reason = f"{program} is not installed; on Debian: apt-get install --no-install-recommends {PROGRAMS[program]}"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (add it to .ci/run)")
    pytest.skip(reason)
