"""A home of its own for every test: nothing of the developer's is read or written."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="xubao-airflow-"))
os.environ["GX_ANALYTICS_ENABLED"] = "false"
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["DO_NOT_TRACK"] = "1"
os.environ.pop("XUBAO_HOME", None)
os.environ.pop("XUBAO_SOURCES", None)
os.environ.pop("XUBAO_CONNECTIONS", None)
