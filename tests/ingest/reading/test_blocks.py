"""Text in blocks gives the records that Python's csv gives, whatever stands in it and wherever a block ends."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.reading import blocks, opening
from ingest.reading.faults import UnreadableFileError
from ingest.spec import Read

PIECES = [
    "a",
    "b1",
    "续",
    ",",
    ",",
    '"',
    '""',
    '","',
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    " ",
    ";",
    'x,"y z",w\n',
    '"p\nq",r\n',
]


def by_blocks(path: Path, quote: str, size: int) -> list[list[str]]:
    """All records, through blocks of `size` bytes."""
    found: list[list[str]] = []
    with mock.patch.object(blocks, "BLOCK_BYTES", size):
        for block in blocks.text_blocks(opening.open_file(path), "utf-8", ",", Read(quote=quote)):
            records = dict(block.records)
            if block.columns is not None:
                rows = [list(row.values()) for row in block.columns.to_pylist()]
                records |= dict(zip(block.numbers.tolist(), rows, strict=True))
            assert sorted(records) == list(range(block.count))
            found += [records[place] for place in sorted(records)]
    return found


@settings(
    max_examples=600, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    pieces=st.lists(st.sampled_from(PIECES), max_size=40), size=st.sampled_from([5, 64, 1 << 20]),
    quote=st.sampled_from(['"', ""]),
)  # fmt: skip
def test_blocks_of_any_text_are_what_csv_reads(tmp_path: Path, pieces: list[str], size: int, quote: str) -> None:
    path = tmp_path / "file.csv"
    text = "x" + "".join(pieces)
    path.write_bytes(text.encode())
    how = blocks.dialect(",", Read(quote=quote))

    def read(whole: str) -> list[list[str]]:
        return list(csv.reader(io.StringIO(whole, newline=""), **how))

    if len(read(text + "\nQ")) == len(read(text)):  # a quote swallows the end
        with pytest.raises(UnreadableFileError):
            by_blocks(path, quote, size)
    else:
        assert by_blocks(path, quote, size) == read(text)


def test_a_regular_text_becomes_columns_and_not_lists(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text('a,"b, ""c"""\n1,2\n\n3,"4\n5"\nshort\n', encoding="utf-8")
    (block,) = blocks.text_blocks(opening.open_file(path), "utf-8", ",", Read())
    assert block.columns is not None
    assert block.columns.to_pydict() == {"0": ["a", "1", "3"], "1": ['b, "c"', "2", "4\n5"]}
    assert block.numbers.tolist() == [0, 1, 3]
    assert block.records == ((2, []), (4, ["short"]))


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(b"a,b\n" + b"x" * 300_000)
    with (
        mock.patch.object(blocks, "BLOCK_BYTES", 1 << 16), mock.patch.object(blocks, "LINE_CHARACTERS", 150_000),
        pytest.raises(UnreadableFileError) as fault,
    ):  # fmt: skip
        list(blocks.text_blocks(opening.open_file(path), "utf-8", ",", Read()))
    assert fault.value.rule == "file:cell_too_long"
