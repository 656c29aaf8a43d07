"""Write the board for Superset: `python -m exports.superset [--out xubao-board.zip] [--database URL]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from exports.superset.bundle import bundle, charts, file_address, marts
from ingest.home import home, write_atomic


def main(argv: list[str] | None = None) -> int:
    """Write the zip and say where it is."""
    parser = argparse.ArgumentParser(prog="exports.superset", description="Write the board for Apache Superset.")
    parser.add_argument("--out", type=Path, default=Path("xubao-board.zip"), help="the zip to write")
    parser.add_argument(
        "--database", help="SQLAlchemy URL of the marts; default: the DuckDB file of the night in force"
    )
    options = parser.parse_args(argv)
    file = home() / "published" / "current" / "analytics.duckdb"
    write_atomic(options.out, bundle(options.database or file_address(file)))
    print(
        f"{options.out}:{len(charts())} 个图表,{len(marts())} 个数据集 · {len(charts())} charts on {len(marts())} datasets"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
