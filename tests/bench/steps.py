"""The steps of one night in one process, without Airflow: `python -m tests.bench.steps 2026-11-24`."""

from __future__ import annotations

import sys
from datetime import date

from tests.end_to_end.conftest import run_steps

if __name__ == "__main__":
    published, status = run_steps(date.fromisoformat(sys.argv[1]))
    print(f"{status}: {published}")
