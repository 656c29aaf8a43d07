"""`python -m ingest.sample --as-of 2026-11-24 [--home var] [--seed 20260101] [--vehicles 12000]`."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from ingest.sample.grow import DEFAULT_SEED, DEFAULT_VEHICLES, SampleHorizonError, SampleSeedError, grow


def main(arguments: list[str] | None = None) -> int:
    """Grows the sample group up to a date; 0 if it did, 2 if it cannot be done for that date or seed."""
    parser = argparse.ArgumentParser(prog="python -m ingest.sample", description=grow.__doc__)
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument("--home", type=Path, default=Path("var"))
    parser.add_argument("--seed", type=int, default=None, help=f"for a new group; {DEFAULT_SEED} unless told")
    parser.add_argument("--vehicles", type=int, default=None, help=f"for a new group; {DEFAULT_VEHICLES} unless told")
    chosen = parser.parse_args(arguments)
    try:
        grow(chosen.home, chosen.as_of, chosen.seed, chosen.vehicles)
    except (SampleSeedError, SampleHorizonError) as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
