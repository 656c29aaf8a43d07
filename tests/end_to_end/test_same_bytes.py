"""Same inputs, parameters, key and commit give the same bytes, wherever and however the night runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.conftest import KEY, night, published_bytes

ROOT = Path(__file__).resolve().parents[2]
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
RUN = """
import sys
from datetime import date
from pathlib import Path
from tests.end_to_end.conftest import environment, prepare, run_steps
home = Path(sys.argv[1])
for number, day in enumerate(sys.argv[2:]):
    with environment(home):
        prepare(home, date.fromisoformat(day), vehicles=400)
        for index in home.glob("state/index.sqlite"):
            index.unlink()
        print(run_steps(date.fromisoformat(day))[0])
"""


def run_nights(home: Path, changed: dict[str, str]) -> list[Path]:
    """Two nights in a process of their own; the published folders."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), **changed}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(home), str(night(0)), str(night(1))],
        cwd=ROOT, env=env, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return [Path(line) for line in done.stdout.splitlines() if "/published/" in line]


def workbooks(home: Path) -> dict[str, bytes]:
    return {str(p.relative_to(home)): p.read_bytes() for p in sorted((home / "outbox").rglob("*.xlsx"))}


@pytest.fixture(scope="module")
def two_homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same two nights here, and elsewhere: other path, zone, language, hash seed, threads, and two days later."""
    here = tmp_path_factory.mktemp("here") / "home"
    there = tmp_path_factory.mktemp("quite") / "another place" / "家"
    run_nights(here, {"TZ": "Asia/Shanghai", "LANG": "C.UTF-8", "PYTHONHASHSEED": "1", "XUBAO_THREADS": "2"})
    elsewhere = {"TZ": "America/New_York", "LANG": "zh_CN.GB18030", "PYTHONHASHSEED": "77", "XUBAO_THREADS": "1"}
    if FAKETIME:
        elsewhere |= {"LD_PRELOAD": str(FAKETIME), "FAKETIME": "+2d", "DONT_FAKE_MONOTONIC": "1"}
    run_nights(there, elsewhere)
    return here, there


def test_another_home_gives_the_same_bytes(two_homes: tuple[Path, Path]) -> None:
    here, there = two_homes
    for number in (0, 1):
        [one] = here.glob(f"published/{night(number)}-*")
        [other] = there.glob(f"published/{night(number)}-*")
        assert one.name == other.name, "the build's id is a hash of its inputs: they differ"
        first, second = published_bytes(one), published_bytes(other)
        assert first.keys() == second.keys() and len(first) > 30
        assert [name for name in first if first[name] != second[name]] == []
    assert workbooks(here) == workbooks(there) != {}


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


def test_one_changed_byte_in_one_row_changes_the_result(two_homes: tuple[Path, Path], tmp_path: Path) -> None:
    here, _ = two_homes
    changed = tmp_path / "home"
    from ingest.sample import grow

    grow(changed, night(0), vehicles=400)
    path = max((changed / "sample" / "outbox" / "picc").glob("保单清单_2026??.csv"))
    data = path.read_bytes().decode("gb18030").split("\r\n")
    row = next(i for i, line in enumerate(data) if ",商业险,续保,001," in line or ",商业险,续保,002," in line)
    fields = data[row].split(",")
    fields[13] = fields[13][:-1] + ("1" if fields[13][-1] != "1" else "2")
    data[row] = ",".join(fields)
    path.write_bytes("\r\n".join(data).encode("gb18030"))
    run_nights(changed, {"PYTHONHASHSEED": "1"})
    [one] = here.glob(f"published/{night(0)}-*")
    [other] = changed.glob(f"published/{night(0)}-*")
    first, second = published_bytes(one), published_bytes(other)
    differing = [name for name in first if first[name] != second[name]]
    assert one.name != other.name and "parquet/fct_batch.parquet" in differing
    assert len(KEY) == 32
