"""A test that needs a program says so; in CI nothing that is missing goes unnoticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import conftest
from tests.conftest import needs


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(conftest.PROGRAMS, "no-such-program", "no-such-package")
    return "no-such-program"


def test_what_is_missing_skips_a_test_with_the_package_to_install(missing: str, monkeypatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install --no-install-recommends no-such-package"):
        needs(missing)


def test_what_is_missing_fails_in_ci(missing: str, monkeypatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-package"):
        needs(missing)


def test_ci_installs_every_program_that_tests_need() -> None:
    script = (Path(__file__).parent.parent / ".ci" / "run").read_text(encoding="utf-8")
    assert [package for package in conftest.PROGRAMS.values() if package not in script] == []


def test_what_is_there_is_found_wherever_debian_puts_it() -> None:
    for program in ("initdb", "mariadbd", "sshd"):
        assert needs(program).is_file()
