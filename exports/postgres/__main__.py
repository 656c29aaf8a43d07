"""Load the night in force into PostgreSQL: `python -m exports.postgres [--as-of 2026-11-24]`."""

from __future__ import annotations

import argparse
import logging
import os
import sys

from exports.postgres.load import load
from exports.postgres.server import VARIABLE, ServerNotLoadedError, server
from exports.shelf import as_of_of, current
from ingest.home import NightAlreadyRunningError, run_lock
from ingest.places.connections import airflow_environment


def main(argv: list[str] | None = None) -> int:
    """0 if it is loaded, 1 if the server could not be loaded, 2 if there is nothing to do it with."""
    parser = argparse.ArgumentParser(prog="exports.postgres", description="Load the night in force into PostgreSQL.")
    parser.add_argument("--as-of", help="the day of the night in force, to be sure; an older one is never loaded")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    os.environ.update(airflow_environment())
    published = current()
    if published is None:
        print("尚无已发布的夜批,请先运行 make nightly · nothing is published yet; run `make nightly` first")
        return 2
    as_of = str(as_of_of(published))
    if options.as_of not in (None, as_of):
        print(f"生效的是 {as_of} 的夜批,只载入它 · the night in force is that of {as_of}, and no other is loaded")
        return 2
    try:
        to = server()
        if to is None:
            print(f"未设置 {VARIABLE},见 docs/bi.md · {VARIABLE} is not set; see docs/bi.md")
            return 2
        with run_lock("postgres"):
            loaded = load(published, to)
    except (ServerNotLoadedError, NightAlreadyRunningError) as error:
        print(error)
        return 1
    print(
        f"已载入 {as_of}:{loaded.tables} 张表,{loaded.rows} 行 · loaded {as_of}: {loaded.tables} tables, {loaded.rows} rows"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
