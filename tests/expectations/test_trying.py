"""python -m ingest try: the truth about a file, and no trace of having looked."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ingest.conftest import HEADER, SPEC

ROOT = Path(__file__).resolve().parents[2]
GOOD = "PD1,,商业险,LSVAA2187C2000001,13800138000,2026-11-20,2026-12-01,2027-11-30,1"
BAD = "PD2,,商业险,LSVAA2187O2000002,13900139000,2026-11-20,2026-12-01,2027-11-30,1"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "picc.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def tried(spec: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    home = spec.parent / "home"
    home.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "ingest", "try", str(spec), *map(str, files)],
        cwd=ROOT, env={**os.environ, "XUBAO_HOME": str(home), "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip


def file(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("".join(f"{line}\r\n" for line in lines), encoding="gb18030")
    return path


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_would_load_is_told_without_a_value_and_without_a_trace(tmp_path: Path, spec: Path) -> None:
    path = file(tmp_path, "保单清单_20261123.csv", HEADER, GOOD, BAD, "合计,,,,,,,,1")
    before = contents(tmp_path)
    done = tried(spec, path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "records 4 = 载入 loaded 1 + 隔离 quarantined 1 + 非数据 declared 2" in done.stdout
    assert "vin:not_a_vin" in done.stdout and "rows 3" in done.stdout
    assert not any(value in done.stdout + done.stderr for value in ("PD1", "PD2", "13800138000", "LSVAA2187"))
    assert contents(tmp_path) == before and list((tmp_path / "home").iterdir()) == []


def test_a_file_that_would_be_refused_ends_with_1_and_the_reason(tmp_path: Path, spec: Path) -> None:
    done = tried(spec, file(tmp_path, "保单清单_20261123.csv", HEADER, GOOD))
    assert done.returncode == 1
    assert "文件不完整" in done.stdout and "totals row" in done.stdout


@pytest.mark.parametrize("case", ["no file", "no pattern", "no spec"])
def test_what_cannot_be_tried_ends_with_2_and_says_why(tmp_path: Path, spec: Path, case: str) -> None:
    path = tmp_path / ("保单清单_20261123.csv" if case == "no file" else "other.csv")
    if case != "no file":
        path.write_text("x", encoding="utf-8")
    if case == "no spec":
        spec.write_text("name: [", encoding="utf-8")
    done = tried(spec, path)
    assert done.returncode == 2
    said = {"no file": "no such file", "no pattern": "fits no pattern", "no spec": "the spec cannot be used"}
    assert said[case] in done.stdout
