"""What a stranger calls a file leads nowhere, breaks no line and is never taken for another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.places.names import LONGEST, NOTE, safe_name


@pytest.mark.parametrize("name", ["保单清单_20261123.csv", "a (2).xlsx", "100% #1?.csv", "无后缀", "A~1.CSV"])
def test_a_harmless_name_stays_as_it_is(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "..", ".", "a/b.csv", "a\\b.csv", "a\0b.csv", "a\nb.csv", "a\x1b[2Jb.csv", "a\u202egpj.csv",
     "a\u2028b.csv", "x" * 300 + ".csv", "保" * 200 + ".csv", "   ", "\udcff\udcfe.csv"],
)  # fmt: skip
def test_a_harmful_name_becomes_a_safe_one(name: str) -> None:
    safe = safe_name(name)
    assert safe != name and safe.isprintable()
    assert len(safe.encode()) <= LONGEST
    assert not set(safe) & set("/\\") and safe.strip(". ") == safe


def test_the_ending_of_a_name_survives() -> None:
    assert safe_name("x" * 300 + ".csv").endswith(".csv")
    assert safe_name("a\nb.csv").startswith("a_b~")


def test_a_name_that_looks_like_a_changed_one_is_changed_itself() -> None:
    changed = safe_name("a\nb.csv")
    assert safe_name(changed) != changed, "else somebody could take another file's name on purpose"


def test_no_file_is_called_like_a_note_of_ours() -> None:
    assert not safe_name("a.csv.note.json").endswith(NOTE) and not safe_name("保" * 200 + NOTE).endswith(NOTE)


@given(
    st.lists(st.text(alphabet="ab/\\\n\r\t\0._~保\u202e", min_size=1, max_size=8), min_size=2, max_size=20, unique=True)
)
def test_different_names_never_collide(names: list[str]) -> None:
    assert len({safe_name(name) for name in names}) == len(names)


@given(st.text(min_size=1, max_size=300))
def test_any_text_becomes_a_name_that_a_folder_can_hold(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe.encode()) <= LONGEST
    assert safe not in (".", "..") and "/" not in safe and "\0" not in safe


def test_corrected_rows_keep_the_name_of_the_file_they_correct() -> None:
    from ingest.corrections import correction_of, next_name

    for name in (safe_name("保" * 200 + ".csv"), safe_name("a\nb.csv"), "保单清单_20261123.csv"):
        returned = correction_of(safe_name(next_name("policies", name)))
        assert returned and (returned.original, returned.extract) == (name, "policies")


def test_names_of_old_servers_are_read_as_gb18030() -> None:
    raw = "保单清单.csv".encode("gb18030").decode("utf-8", "surrogateescape")
    assert safe_name(raw) == "保单清单.csv"
