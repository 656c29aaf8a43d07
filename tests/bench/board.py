"""How large the board of a dealer group is, how long it takes to write, and until a browser shows it.

python -m tests.bench.board [--stores 50 200]     needs Debian's Chromium for the last figure
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from tests.exports.board.stores import make_marts, write
from tests.exports.page.opened import chromium, opened

ROUNDS = 5
LAST = "[data-figure=hotline] svg"
"""The last figure of the page: once it is drawn, everything is."""


def measure(stores: int) -> str:
    """One line: size of the back office's page, seconds to write the board, seconds until it is drawn (medians)."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        words = make_marts(folder, {f"{number:03}": f"第{number}店" for number in range(1, stores + 1)})
        seconds = []
        for _ in range(ROUNDS):
            shutil.rmtree(folder / "board", ignore_errors=True)
            started = time.perf_counter()
            write(folder, words)
            seconds.append(time.perf_counter() - started)
        page = folder / "board" / "index.html"
        shown = list(drawn(page)) if shutil.which("chromium") else []
        megabytes = page.stat().st_size / 1e6
    drawing = f"{statistics.median(shown):.2f} s until drawn" if shown else "no browser to draw it"
    return f"{stores} stores: {megabytes:.2f} MB, written in {statistics.median(seconds):.2f} s, {drawing}"


def drawn(page: Path) -> list[float]:
    """Seconds from opening a page until its last figure is there, each time in a new context."""
    times = []
    with chromium() as browser:
        for _ in range(ROUNDS):
            started = time.perf_counter()
            with opened(browser, page) as seen:
                seen.page.wait_for_selector(LAST)
                times.append(time.perf_counter() - started)
    return times


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="tests.bench.board")
    parser.add_argument("--stores", type=int, nargs="+", default=[50, 200])
    for count in parser.parse_args().stores:
        print(measure(count))
