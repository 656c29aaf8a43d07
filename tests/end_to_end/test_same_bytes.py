"""Same inputs, parameters, key and commit give the same bytes, wherever and however the night runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.conftest import VEHICLES, Group, night, published_bytes

ROOT = Path(__file__).resolve().parents[2]
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
RUN = """
import sys
from datetime import date
from pathlib import Path
from tests.end_to_end.conftest import environment, prepare, run_steps

pytestmark = pytest.mark.xdist_group("group")  # they share nights that are run once
home = Path(sys.argv[1])
for day in sys.argv[2:]:
    with environment(home):
        prepare(home, date.fromisoformat(day))
        for index in home.glob("state/index.sqlite"):
            index.unlink()
        print(run_steps(date.fromisoformat(day))[0])
"""


def run_nights(home: Path, numbers: tuple[int, ...], changed: dict[str, str]) -> None:
    """Nights in a process of their own, with another environment."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(home), *(str(night(number)) for number in numbers)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **changed}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]


def test_another_home_gives_the_same_bytes(group: Group, tmp_path: Path) -> None:
    """Other path, zone, language, hash seed and threads, two days later, and the index deleted before each night."""
    there = tmp_path / "another place" / "家"
    elsewhere = {"TZ": "America/New_York", "LANG": "zh_CN.GB18030", "PYTHONHASHSEED": "77", "XUBAO_THREADS": "1"}
    if FAKETIME:
        elsewhere |= {"LD_PRELOAD": str(FAKETIME), "FAKETIME": "+2d", "DONT_FAKE_MONOTONIC": "1"}
    run_nights(there, (0, 1), elsewhere)
    for number in (0, 1):
        [other] = there.glob(f"published/{night(number)}-*")
        assert other.name == group.published[number].name, "the build's id is a hash of its inputs: they differ"
        first, second = group.first_bytes[number], published_bytes(other)
        assert first.keys() == second.keys() and len(first) > 30
        assert [name for name in first if first[name] != second[name]] == []
        books = {str(p.relative_to(there / "outbox" / str(night(number)))): p.read_bytes()
                 for p in sorted((there / "outbox" / str(night(number))).rglob("*.xlsx"))}  # fmt: skip
        assert books == group.outbox(number) != {}


def test_the_clock_was_really_moved() -> None:
    if not FAKETIME:
        if os.environ.get("CI"):
            pytest.fail("libfaketime is missing: .ci/run installs it, so that the moved clock is tested there")
        pytest.skip("libfaketime is not installed (Debian: apt-get install faketime): the clock is not moved here")
    shown = subprocess.run(
        [sys.executable, "-c", "import time; print(int(time.time()))"], capture_output=True, text=True,
        env={**os.environ, "LD_PRELOAD": str(FAKETIME), "FAKETIME": "+2d"}, check=True,
    )  # fmt: skip
    import time

    assert int(shown.stdout) - time.time() > 86_400


def test_one_changed_byte_in_one_row_changes_the_result(group: Group, tmp_path: Path) -> None:
    changed = tmp_path / "home"
    from ingest.sample import grow

    grow(changed, night(0), vehicles=VEHICLES)
    path = max((changed / "sample" / "outbox" / "picc").glob("保单清单_2026??.csv"))
    lines = path.read_bytes().decode("gb18030").split("\r\n")
    row = next(i for i, line in enumerate(lines) if ",商业险,续保,001," in line or ",商业险,续保,002," in line)
    fields = lines[row].split(",")
    fields[13] = fields[13][:-1] + ("1" if fields[13][-1] != "1" else "2")  # the last digit of the premium
    lines[row] = ",".join(fields)
    path.write_bytes("\r\n".join(lines).encode("gb18030"))
    run_nights(changed, (0,), {})
    [other] = changed.glob(f"published/{night(0)}-*")
    first, second = group.first_bytes[0], published_bytes(other)
    assert other.name != group.published[0].name
    assert "parquet/fct_batch.parquet" in [name for name in first if first[name] != second[name]]
