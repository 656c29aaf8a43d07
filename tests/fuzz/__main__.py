"""Damaged files without end: python -m tests.fuzz --files 2000 [--seed 1] [--save DIR]

Good files of every shape and kind are damaged at random. Each must either be refused by name or become rows, held
records and declared records that add up. Never another error, never a hang, never an abort; the file that does it is
saved. Rows that were read are typed and pass the gate. Where the independent count differs, the file would be refused: such files are counted, not lost.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from expectations.rows import judge_rows
from ingest.counting import count_records
from ingest.reading import UnreadableFileError, read
from ingest.spec import Extract, Source
from tests.ingest.matrix.defects import DEFECTS, Case, case_of
from tests.ingest.matrix.kinds import KINDS, Kind
from tests.ingest.matrix.shapes import SHAPES, Shape
from tests.ingest.matrix.test_matrix import extract_of

SENDER = Source.model_construct(name="sender", identity="vin", path=Path("sender.yaml"), extracts={})
SECONDS = 20
"""A damaged file of a few kilobytes that takes longer hangs."""


class HungError(Exception):
    """A file took too long."""


def _bits(data: bytearray, dice: random.Random) -> None:
    for _ in range(dice.randint(1, 12)):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def _cut(data: bytearray, dice: random.Random) -> None:
    del data[dice.randrange(len(data)) :]


def _insert(data: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(data))
    data[at:at] = dice.choice(
        [b'"', b"\r", b"\n", b",", b"\x00", b"\xff\xfe", b'"""', b"\x1a", b"=1+1", b"\xe5", dice.randbytes(9)]
    )


def _double(data: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(data))
    block = data[start : start + dice.randint(1, 200)]
    at = dice.randrange(len(data))
    data[at:at] = block


def _swap(data: bytearray, dice: random.Random) -> None:
    one, two = dice.randrange(len(data)), dice.randrange(len(data))
    data[one], data[two] = data[two], data[one]


def _zero(data: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(data))
    data[start : start + 16] = bytes(len(data[start : start + 16]))


def _head(data: bytearray, dice: random.Random) -> None:
    data[dice.randrange(min(40, len(data)))] = dice.randrange(256)


DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (_bits, _cut, _insert, _double, _swap, _zero, _head)


def good_files() -> list[tuple[Kind, Shape, bytes]]:
    """One file of every kind and shape, and some with lines and text in them that are hard to read."""
    wanted = {"clean", "newline_in_a_field", "preamble", "repeated_header", "blank_header"}
    found = []
    for kind in KINDS:
        for shape in SHAPES:
            for number, defect in enumerate(DEFECTS):
                made = case_of(kind, shape, defect, number) if defect.name in wanted else None
                if isinstance(made, Case):
                    found.append((kind, shape, shape.pack(made.sheet)))
    return found


def outcome(path: Path, extract: Extract) -> str:
    """refused, read or disagreed; anything else is raised."""
    try:
        found = read(path, extract)
    except UnreadableFileError as fault:
        assert fault.rule.startswith("file:") and fault.zh and fault.en
        return "refused"
    assert found.records == found.table.num_rows + len(found.held) + sum(found.declared.values()), (
        "records do not add up"
    )
    [judged], _ = judge_rows([found.table], extract, SENDER)
    if isinstance(judged, UnreadableFileError):
        return "refused"
    if isinstance(judged, Exception):
        raise judged
    assert len(judged.rules) == judged.rows.num_rows == found.table.num_rows, "a row was lost at the gate"
    try:
        counted = count_records(path, extract, found.delimiter, found.sheet, found.encoding)
    except Exception:  # reception refuses a file that cannot be counted
        return "disagreed"
    return "read" if counted == found.records else "disagreed"


def _hung(number: int, frame: FrameType | None) -> None:
    raise HungError(f"more than {SECONDS} s")


def run(files: int, seed: int, save: Path) -> tuple[Counter[str], list[str]]:
    """Outcomes by kind, and what must not happen, a line each. `save` keeps the file that is being read."""
    tally: Counter[str] = Counter()
    failures = []
    base = good_files()
    save.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGALRM, _hung)
    with TemporaryDirectory() as folder:
        extracts = {(k.name, s.name): extract_of(Path(folder), k, s) for k, s, _ in base}
        for number in range(files):
            dice = random.Random(seed * 1_000_003 + number)
            kind, shape, good = dice.choice(base)
            data = bytearray(good)
            for _ in range(dice.choice([1, 1, 1, 2, 4])):
                if data:
                    dice.choice(DAMAGES)(data, dice)
            path = save / f"{seed}-{number}.{shape.suffix}"
            path.write_bytes(data)
            signal.alarm(SECONDS)
            try:
                tally[outcome(path, extracts[kind.name, shape.name])] += 1
            except Exception as error:
                failures.append(f"{path}: {kind.name} as {shape.name}: {type(error).__name__}: {error}")
                continue
            finally:
                signal.alarm(0)
            path.unlink()
    return tally, failures


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=Path, default=Path("/tmp/xubao-fuzz"), help="where the files are kept that fail")
    options = parser.parse_args()
    tally, failures = run(options.files, options.seed, options.save)
    print(f"seed {options.seed}: {options.files} files · {dict(sorted(tally.items()))} · {len(failures)} failures")
    print("\n".join(failures[:50]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
