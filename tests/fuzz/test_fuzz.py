"""The short form of make fuzz, in a process of its own so that an abort is seen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_no_damaged_file_breaks_the_reader(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--files", "150", "--seed", "7", "--save", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-3000:]}{done.stderr[-3000:]}; still there: {list(tmp_path.iterdir())}"
    assert "'read'" in done.stdout and "'refused'" in done.stdout
